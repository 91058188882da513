package gantry.acceptance.harness;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// Asks a daemon that is killed and started again meanwhile.
public final class PatientHttp {
  private static final int ATTEMPTS = 3000;
  private static final long PAUSE_MILLIS = 10;

  private final Http http;

  public PatientHttp(Http http) {
    this.http = http;
  }

  /// Asks until there is an answer, and wants one of the statuses.
  public Http.Answer insist(Function<Http, Http.Answer> request, Integer... statuses) {
    for (int i = 0; i < ATTEMPTS; i++) {
      Optional<Http.Answer> answer = attempt(() -> request.apply(http));
      if (answer.isPresent()) {
        if (!List.of(statuses).contains(answer.get().status())) {
          throw new AssertionError("wanted %s, got %s".formatted(List.of(statuses), answer.get()));
        }
        return answer.get();
      }
      pause();
    }
    throw new AssertionError("no answer for half a minute");
  }

  /// The answer; empty when the daemon was killed before there was one.
  public static Optional<Http.Answer> attempt(Supplier<Http.Answer> request) {
    try {
      return Optional.of(request.get());
    } catch (UncheckedIOException _) { // the daemon was killed meanwhile
      return Optional.empty();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
