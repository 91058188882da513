package gantry.engine.local;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.engine.event.Event;
import gantry.engine.event.Events;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EventJournalTest {
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private final EventJournal journal = new EventJournal();

  private void publish(int second) {
    journal.publish(
        new Event("container", "e" + second, "id", Map.of(), BEGIN.plusSeconds(second)));
  }

  private static String next(Events.Subscription events) throws InterruptedException {
    return events.next(Optional.of(Instant.EPOCH)).map(Event::action).orElse("none");
  }

  @Test
  void subscribe_since_replaysAndGoesOnWithoutAGap() throws InterruptedException {
    publish(1);
    publish(2);
    try (Events.Subscription events =
        journal.subscribe(Optional.of(BEGIN.plusSeconds(2)), _ -> true)) {
      publish(3);
      assertThat(next(events)).isEqualTo("e2");
      assertThat(next(events)).isEqualTo("e3");
      assertThat(next(events)).isEqualTo("none");
    }
    assertThat(journal.subscriptions()).isZero();
  }

  @Test
  void subscribe_filter_holdsForBoth() throws InterruptedException {
    publish(1);
    try (Events.Subscription events =
        journal.subscribe(Optional.of(BEGIN), e -> e.action().equals("e3"))) {
      publish(2);
      publish(3);
      assertThat(next(events)).isEqualTo("e3");
    }
  }

  @Test
  void slowReader_losesEvents_othersDoNot() {
    try (Events.Subscription _ = journal.subscribe(Optional.empty(), _ -> true)) {
      for (int i = 0; i < 10_000; i++) {
        publish(i);
      }
    }
    assertThat(journal.subscriptions()).isZero();
  }
}
