package plumbline;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The table of packages in docs/design.md, as a test. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("plumbline");

  private static final List<String> ALGORITHMS =
      List.of("sft", "rewardmodel", "ppo", "grpo", "rloo", "dpo");

  /** Package to the packages of ours that it may use; the root package is open to all. */
  private static final Map<String, List<String>> MAY_USE = mayUse();

  private static Map<String, List<String>> mayUse() {
    Map<String, List<String>> table = new LinkedHashMap<>();
    table.put("tensor", List.of());
    table.put("data", List.of("config"));
    table.put("config", List.of());
    table.put("text", List.of("data"));
    table.put("model", List.of("tensor", "distributed", "text"));
    table.put("track", List.of("data", "config"));
    table.put("distributed", List.of("tensor"));
    table.put(
        "train", List.of("tensor", "distributed", "model", "text", "data", "config", "track"));
    table.put("score", List.of("tensor", "distributed", "model", "text", "data", "config"));
    table.put("rollout", List.of("distributed", "model", "data", "config", "train", "score"));
    List<String> base =
        List.of(
            "tensor",
            "distributed",
            "data",
            "config",
            "text",
            "model",
            "track",
            "train",
            "score",
            "rollout");
    ALGORITHMS.forEach(algorithm -> table.put(algorithm, base));
    table.put("judge", List.of("data", "config", "text", "model", "score"));
    table.put("collect", List.of("data", "config", "text", "model", "score", "judge"));
    table.put("eval", List.of("data", "config", "text", "model", "score", "judge"));
    table.put("annotation", List.of("data", "config", "eval"));
    table.put("report", List.of("data", "config", "track", "train", "eval"));
    table.put("hub", List.of("data", "config"));
    table.put("pipeline", List.copyOf(table.keySet()));
    table.put("bench", Stream.concat(base.stream(), ALGORITHMS.stream()).toList());
    table.put("cli", anything(table, "web"));
    table.put("web", anything(table, "cli"));
    return table;
  }

  private static List<String> anything(Map<String, List<String>> table, String other) {
    return Stream.concat(table.keySet().stream(), Stream.of(other)).toList();
  }

  @TestFactory
  Stream<DynamicTest> packagesUseOnlyWhatTheTableAllows() {
    return MAY_USE.entrySet().stream()
        .map(
            row ->
                DynamicTest.dynamicTest(
                    row.getKey(), () -> checkUses(row.getKey(), row.getValue())));
  }

  private static void checkUses(String name, List<String> allowed) {
    String[] open =
        Stream.concat(Stream.of(name), allowed.stream())
            .map(ArchitectureTest::packages)
            .toArray(String[]::new);
    DescribedPredicate<JavaClass> forbidden =
        resideInAPackage("plumbline..")
            .and(not(resideInAPackage("plumbline")))
            .and(not(resideInAnyPackage(open)))
            .as("reside in a package of ours other than %s and %s", name, allowed);
    noClasses()
        .that()
        .resideInAPackage(packages(name))
        .should()
        .dependOnClassesThat(forbidden)
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void everyPackageIsInTheTable() {
    Set<String> present =
        CLASSES.stream()
            .map(JavaClass::getPackageName)
            .filter(name -> name.startsWith("plumbline."))
            .map(name -> name.replaceFirst("^plumbline\\.", "").replaceFirst("\\..*", ""))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(present).isSubsetOf(MAY_USE.keySet()).contains("tensor", "config", "cli");
  }

  @Test
  void theRootPackageHoldsOnlyTheInputException() {
    assertThat(
            CLASSES.stream()
                .filter(type -> type.getPackageName().equals("plumbline"))
                .map(JavaClass::getSimpleName)
                .filter(name -> !name.equals("package-info")))
        .containsExactly("InputException");
    classes()
        .that()
        .resideInAPackage("plumbline")
        .should()
        .onlyDependOnClassesThat(resideInAnyPackage("java..", "plumbline"))
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("plumbline.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void libtorchStaysWhereTensorsAre() {
    String[] withTensors =
        Stream.concat(
                Stream.of("tensor", "distributed", "model", "train", "score"), ALGORITHMS.stream())
            .map(ArchitectureTest::packages)
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideOutsideOfPackages(withTensors)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.bytedeco..")
        .check(CLASSES);
  }

  @Test
  void onlyTensorOpensNativeScopes() {
    noClasses()
        .that()
        .resideOutsideOfPackage("plumbline.tensor..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.bytedeco.javacpp.PointerScope")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.bytedeco.pytorch.NoGradGuard")
        .check(CLASSES);
  }

  @Test
  void onlyTheStoreTalksToTheLabelsDatabase() {
    noClasses()
        .that()
        .resideOutsideOfPackage("plumbline.annotation.store..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.jdbi..", "org.flywaydb..", "com.zaxxer..", "org.sqlite..", "org.postgresql..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("plumbline.judge..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.langchain4j..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("plumbline.annotation.store..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "plumbline.annotation",
            "plumbline.annotation.form..",
            "plumbline.annotation.exchange..")
        .check(CLASSES);
  }

  @Test
  void theLibraryPrintsNothing() {
    noClasses()
        .that()
        .resideOutsideOfPackages("plumbline.cli..", "plumbline.web..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(CLASSES);
  }

  private static String packages(String name) {
    return "plumbline." + name + "..";
  }
}
