package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static plumbline.annotation.store.HandOutTest.refused;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.InputException;

class ProjectsTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void aProjectIsFoundAsItWasMade(Databases database) {
    ProjectSettings settings =
        new ProjectSettings(World.questions(), 3, 20, 0.1, OptionalDouble.of(0.6), false);
    try (World world = new World(database.fresh(folder), settings)) {
      Projects projects = world.store.projects();

      assertThat(projects.bySlug("pairs").orElseThrow().settings()).isEqualTo(settings);
      assertThat(projects.bySlug("none")).isEmpty();
      refused(Refusal.Reason.TAKEN, () -> projects.create(world.actor, "pairs", "Again", settings));
      assertThatThrownBy(() -> projects.create(world.actor, "../x", "X", settings))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("slug: is '../x', wanted");
    }
  }

  @ParameterizedTest
  @EnumSource
  void guidelinesAreVersionsThatStay(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      Projects projects = world.store.projects();
      long id = world.project.id();
      assertThat(projects.newestGuidelines(id)).isEmpty();
      projects.publishGuidelines(world.actor, id, "one");
      projects.publishGuidelines(Actor.SYSTEM, id, "two");

      assertThat(projects.guidelines(id, 1).orElseThrow().markdown()).isEqualTo("one");
      assertThat(projects.newestGuidelines(id).orElseThrow().version()).isEqualTo(2);
      assertThat(projects.byId(id).orElseThrow().guidelines()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anImportThatIsRepeatedAddsWhatIsNew(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(700);
      AddedItems again =
          world.add(IntStream.range(698, 1300).mapToObj(i -> World.item("item-" + i)).toList());

      assertThat(again).isEqualTo(new AddedItems(600, List.of("item-698", "item-699")));
      Items items = world.store.items();
      assertThat(items.countByState(world.project.id())).containsEntry(ItemState.OPEN, 1300);
      List<Item> page = items.page(world.project.id(), Optional.of(ItemState.OPEN), 0, 2);
      assertThat(page).extracting(Item::externalId).containsExactly("item-0", "item-1");
      assertThat(items.page(world.project.id(), Optional.empty(), page.get(1).id(), 1))
          .extracting(Item::externalId)
          .containsExactly("item-2");
      assertThat(items.page(world.project.id(), Optional.of(ItemState.DONE), 0, 9)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anItemComesBackAsItWasAdded(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      List<ResponseSet> sets =
          List.of(new ResponseSet("", List.of("a", "b")), new ResponseSet("red", List.of("c")));
      NewItem added = World.item("\"<b>'", sets, Optional.of(World.prefers("a")));
      world.add(List.of(added));
      Item item = world.store.items().byExternalId(world.project.id(), "\"<b>'").orElseThrow();

      assertThat(item.responses()).isEqualTo(added.responses());
      assertThat(item.context()).isEqualTo(added.context());
      assertThat(item.gold()).isEqualTo(added.gold());
      assertThat(item.sets())
          .usingRecursiveFieldByFieldElementComparatorIgnoringFields("id")
          .isEqualTo(sets);
    }
  }

  @Test
  void itemsThatCannotBeAskedAboutAreRefused() {
    assertThatThrownBy(() -> World.item(" "))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("empty id");
    assertThatThrownBy(
            () ->
                World.item("x", List.of(new ResponseSet("", List.of("a", "z"))), Optional.empty()))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "item 'x': the response set of group '' is [a, z], wanted different ones of [a, b, c]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'questions': []}|questions: wanted a list of one or more",
        "{'questions': [{}], 'overlap': 0}|overlap: is 0, wanted at least 1",
        "{'questions': [{}], 'overlap': 1.5}|overlap: is 1.5, wanted a whole number",
        "{'questions': [{}], 'gold_share': 2}|gold_share: is 2.0, wanted a number from 0 to 1",
        "{'questions': [{}], 'review_below': 'x'}|review_below: is \"x\", wanted a number",
        "{'questions': [{}], 'blind': 1}|blind: is 1, wanted true or false",
        "{'questions': [{}], 'overlaps': 1}|unknown key 'overlaps'",
      },
      quoteCharacter = '`')
  void wrongSettingsNameTheKey(String json, String message) {
    assertThatThrownBy(() -> ProjectSettings.parse(Json.parse(json.replace('\'', '"'))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void settingsComeBackFromTheirJson() {
    ProjectSettings settings =
        new ProjectSettings(World.questions(), 3, 20, 0.1, OptionalDouble.of(0.6), false);

    assertThat(ProjectSettings.parse(settings.toJson())).isEqualTo(settings);
    assertThat(ProjectSettings.parse(ProjectSettings.of(World.questions()).toJson()))
        .isEqualTo(ProjectSettings.of(World.questions()));
  }
}
