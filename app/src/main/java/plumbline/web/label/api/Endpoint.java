package plumbline.web.label.api;

import io.javalin.http.HandlerType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.annotation.store.Role;

/**
 * One thing that the API does: the route and the document are made of the same.
 *
 * @param path below {@code /api/v1}, with {@code {names}}
 * @param role who may; empty: everybody, without a token
 * @param summary one sentence
 * @param query what may stand in the query
 * @param request schema of the body; empty: none is read; {@link #ROWS} for files
 * @param response schema of what comes back; empty: nothing; {@link #ROWS} for files
 */
record Endpoint(
    HandlerType method,
    String path,
    Optional<Role> role,
    String summary,
    List<Query> query,
    String request,
    String response,
    Work work) {
  static final String ROWS = "rows";
  static final String NONE = "";

  /** Does it; what it gives is the body. */
  interface Work {
    Object of(Call call) throws IOException;
  }

  /**
   * A name in the query.
   *
   * @param type {@code string}, {@code integer} or {@code boolean}
   */
  record Query(String name, String type, String description) {}

  Endpoint {
    query = List.copyOf(query);
  }

  static Endpoint of(
      HandlerType method, String path, Role role, String summary, String response, Work work) {
    return new Endpoint(method, path, Optional.of(role), summary, List.of(), NONE, response, work);
  }

  Endpoint taking(String schema) {
    return new Endpoint(method, path, role, summary, query, schema, response, work);
  }

  Endpoint with(String name, String type, String description) {
    List<Query> more = new ArrayList<>(query);
    more.add(new Query(name, type, description));
    return new Endpoint(method, path, role, summary, more, request, response, work);
  }
}
