package gantry.engine.local;

import gantry.engine.event.Event;
import gantry.engine.event.Events;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/// The last events, and those who listen for the next ones.
///
/// One lock orders everything: an event is remembered and handed to all subscriptions under it, and
/// a subscription takes what is remembered and joins under it; so nothing is lost or doubled
/// between the two, and all listeners see one order.
final class EventJournal implements Events {
  /// How many events are remembered.
  static final int REMEMBERED = 1024;

  /// How far a reader may be behind.
  static final int QUEUE = 1024;

  private static final Duration FOR_EVER = Duration.ofDays(36_500);

  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Event> remembered = new ArrayDeque<>(REMEMBERED);
  private final CopyOnWriteArrayList<Queue> subscriptions = new CopyOnWriteArrayList<>();

  @Override
  public Subscription subscribe(Optional<Instant> since, Predicate<Event> filter) {
    Queue queue = new Queue(filter);
    lock.lock();
    try {
      since.ifPresent(
          from -> {
            for (Event event : remembered) {
              if (!event.time().isBefore(from)) {
                queue.offer(event);
              }
            }
          });
      subscriptions.add(queue);
    } finally {
      lock.unlock();
    }
    return queue;
  }

  @Override
  public void publish(Event event) {
    lock.lock();
    try {
      if (remembered.size() == REMEMBERED) {
        remembered.removeFirst();
      }
      remembered.addLast(event);
      for (Queue subscription : subscriptions) {
        subscription.offer(event);
      }
    } finally {
      lock.unlock();
    }
  }

  /// How many listen.
  int subscriptions() {
    return subscriptions.size();
  }

  private final class Queue implements Subscription {
    private final Predicate<Event> filter;
    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>(QUEUE + REMEMBERED);

    Queue(Predicate<Event> filter) {
      this.filter = filter;
    }

    void offer(Event event) {
      if (filter.test(event)) {
        boolean _ = events.offer(event); // too far behind: lost, as documented
      }
    }

    @Override
    public Optional<Event> next(Optional<Instant> deadline) throws InterruptedException {
      Duration left = deadline.map(end -> Duration.between(Instant.now(), end)).orElse(FOR_EVER);
      if (left.isNegative() || left.isZero()) {
        return Optional.ofNullable(events.poll());
      }
      Duration most = left.compareTo(FOR_EVER) < 0 ? left : FOR_EVER;
      return Optional.ofNullable(events.poll(most.toNanos(), TimeUnit.NANOSECONDS));
    }

    @Override
    public void close() {
      subscriptions.remove(this);
    }
  }
}
