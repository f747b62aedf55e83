package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static plumbline.annotation.store.HandOutTest.refused;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.InputException;

class WebhooksTest {
  private static final Duration CLAIM = Duration.ofMinutes(1);

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void eventsQueueForThoseWhoAskedForThem(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(2);
      Account ann = world.annotator("ann");
      Webhooks webhooks = world.store.webhooks();
      Webhook all =
          webhooks.register(
              world.actor, world.project.id(), "http://h/all", "secret", Webhooks.EVENTS);
      webhooks.register(
          world.actor, world.project.id(), "http://h/done", "s2", List.of("item.done"));
      CastVote vote = world.vote(ann, "a");
      world.store.votes().undo(ann.id(), world.project.id());

      List<Delivery> due = webhooks.claim(10, CLAIM);

      assertThat(due)
          .extracting(delivery -> delivery.webhook().url() + " " + delivery.event())
          .containsExactly(
              "http://h/all vote.created",
              "http://h/all item.done",
              "http://h/done item.done",
              "http://h/all vote.superseded",
              "http://h/all item.reopened");
      assertThat(due.get(0).webhook()).isEqualTo(all);
      assertThat(due.get(0).payload().path("vote_id").asLong()).isEqualTo(vote.id());
      assertThat(due.get(0).payload().path("project").asText()).isEqualTo("pairs");
      assertThat(due.toString()).doesNotContain("secret");
      assertThatThrownBy(
              () ->
                  webhooks.register(
                      world.actor, world.project.id(), "http://h", "s", List.of("vote.stolen")))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("vote.stolen");
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsNotReportedOnOrFailsIsDueAgain(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(1);
      Webhooks webhooks = world.store.webhooks();
      webhooks.register(world.actor, world.project.id(), "http://h", "s", List.of("vote.created"));
      world.vote(world.annotator("ann"), "a");

      Delivery first = webhooks.claim(10, CLAIM).get(0);
      assertThat(first.attempts()).isEqualTo(1);
      assertThat(webhooks.claim(10, CLAIM)).isEmpty();
      world.pass(CLAIM);
      assertThat(webhooks.claim(10, CLAIM).get(0).attempts()).isEqualTo(2);
      webhooks.failed(first.id(), "503", Duration.ofHours(1));
      world.pass(CLAIM);
      assertThat(webhooks.claim(10, CLAIM)).isEmpty();
      world.pass(Duration.ofHours(1));
      assertThat(webhooks.claim(10, CLAIM).get(0).attempts()).isEqualTo(3);
      webhooks.delivered(first.id(), "204");
      world.pass(Duration.ofDays(1));
      assertThat(webhooks.claim(10, CLAIM)).isEmpty();
      assertThat(webhooks.log(world.project.id(), 10))
          .extracting(DeliveryLog::state, DeliveryLog::lastResult)
          .containsExactly(org.assertj.core.groups.Tuple.tuple("delivered", "204"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aWebhookSwitchedOffSendsNothingMore(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(2);
      Account ann = world.annotator("ann");
      Webhooks webhooks = world.store.webhooks();
      Webhook hook =
          webhooks.register(
              world.actor, world.project.id(), "http://h", "s", List.of("vote.created"));
      world.vote(ann, "a");
      refused(
          Refusal.Reason.NOT_FOUND,
          () -> webhooks.deactivate(world.actor, world.project.id() + 1, hook.id()));
      webhooks.deactivate(world.actor, world.project.id(), hook.id());
      world.vote(ann, "a");

      assertThat(webhooks.claim(10, CLAIM)).isEmpty();
      assertThat(webhooks.log(world.project.id(), 10))
          .extracting(DeliveryLog::state)
          .containsExactly("given_up");
      assertThat(webhooks.list(world.project.id()).get(0).active()).isFalse();
    }
  }
}
