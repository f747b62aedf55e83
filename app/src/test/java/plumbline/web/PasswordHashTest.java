package plumbline.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PasswordHashTest {
  @Test
  void onlyTheSamePasswordMatchesAndNoTwoHashesAreAlike() {
    String hash = PasswordHash.hash("correct horse");

    assertThat(hash).startsWith("$argon2id$v=19$m=19456,t=2,p=1$");
    assertThat(PasswordHash.matches("correct horse", hash)).isTrue();
    assertThat(PasswordHash.matches("correct horsf", hash)).isFalse();
    assertThat(PasswordHash.matches("", hash)).isFalse();
    assertThat(PasswordHash.matches("x".repeat(PasswordHash.LONGEST + 1), hash)).isFalse();
    assertThat(PasswordHash.hash("correct horse")).isNotEqualTo(hash);
    assertThat(PasswordHash.matchesNobody("correct horse")).isFalse();
  }

  @Test
  void formsTokensBelongToTheirSession() {
    String session = Tokens.random();

    assertThat(Tokens.ofForms(session)).isEqualTo(Tokens.ofForms(session)).isNotEqualTo(session);
    assertThat(Tokens.ofForms(Tokens.random())).isNotEqualTo(Tokens.ofForms(session));
    assertThat(session).hasSize(43).matches("[A-Za-z0-9_-]+");
  }
}
