package plumbline.web.label;

import io.javalin.http.Context;

/** Numbers in addresses. */
final class PathIds {
  private PathIds() {}

  /**
   * @throws Refused as for a page that is not there, if it is no number
   */
  static long of(Context context, String name) {
    return Fields.whole(context.pathParam(name)).orElseThrow(() -> Refused.notFound("not_found"));
  }

  /** A number of the query; otherwise the given one. */
  static long query(Context context, String name, long otherwise) {
    String given = context.queryParam(name);
    return given == null ? otherwise : Fields.whole(given).orElse(otherwise);
  }
}
