package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompletionTest {
  @Test
  void bashCompletesCommandsMethodsAndOptions(@TempDir Path folder) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "this system has no /bin/bash");
    Path script = folder.resolve("plumbline.bash");
    Files.writeString(script, Captured.plumbline("completion", "bash").out());

    assertThat(completed(script, "trai")).containsExactly("train");
    assertThat(completed(script, "train", "simp")).containsExactly("simpo");
    assertThat(completed(script, "train", "--exp")).containsExactly("--explain");
    assertThat(completed(script, "schema", "--o")).containsExactly("--out");
  }

  private static String[] completed(Path script, String... words) throws Exception {
    String line = String.join(" ", words);
    String program =
        """
        source '%s'
        COMP_WORDS=(plumbline %s) COMP_CWORD=%d COMP_LINE='plumbline %s'
        _complete_plumbline
        printf '%%s\\n' "${COMPREPLY[@]}"
        """
            .formatted(script, line, words.length, line);
    Process bash =
        new ProcessBuilder("/bin/bash", "-c", program).redirectError(Redirect.DISCARD).start();
    bash.getOutputStream().close();
    String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor()).as(out).isZero();
    return out.lines().map(String::strip).toArray(String[]::new);
  }
}
