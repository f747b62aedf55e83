package plumbline.annotation.form;

/**
 * One thing that is wrong with an answer.
 *
 * @param path where, {@code answers.better.preferred}
 * @param found what stands there
 * @param wanted what could stand there
 */
public record Fault(String path, String found, String wanted) {
  @Override
  public String toString() {
    return path + " is " + found + ", wanted " + wanted;
  }
}
