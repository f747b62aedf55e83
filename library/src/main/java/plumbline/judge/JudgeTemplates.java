package plumbline.judge;

import java.nio.file.Path;
import java.util.List;

/** The templates that come with the program: what judges are asked, by category. */
public final class JudgeTemplates {
  private JudgeTemplates() {}

  /**
   * Writes them as files to edit, {@code FOLDER/rating/criteria/CATEGORY.txt} and so on; a file
   * that is there stays as it is. A judge's key {@code templates} then names the folder.
   *
   * @return the files that were written
   */
  public static List<Path> export(Path folder) {
    return Template.export(folder);
  }
}
