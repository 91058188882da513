package gantry.daemon.api;

import gantry.build.BuildEvent;
import gantry.build.BuildException;
import gantry.build.BuildListener;
import gantry.build.BuildRequest;
import gantry.build.Builds;
import gantry.build.ContextSource;
import gantry.oci.Digest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Builds that tell a script and make nothing.
final class FakeBuilds implements Builds {
  static final Digest IMAGE = Digest.sha256("image".getBytes(StandardCharsets.UTF_8));

  final List<BuildEvent> script = new ArrayList<>();
  final List<CacheRecord> records = new ArrayList<>();
  final List<BuildEvent.Warned> warnings = new ArrayList<>();
  final List<BuildRequest> requests = new CopyOnWriteArrayList<>();
  final List<Long> kept = new CopyOnWriteArrayList<>();
  final CountDownLatch begun = new CountDownLatch(1);
  final CountDownLatch cancelled = new CountDownLatch(1);
  volatile String context = "";
  volatile Optional<BuildException> failure = Optional.empty();
  volatile boolean endless;

  /// Looks at a request before its build begins.
  volatile Consumer<BuildRequest> look = _ -> {};

  @Override
  public Built build(BuildRequest request, BuildListener listener) {
    requests.add(request);
    look.accept(request);
    try (ContextSource source = request.context()) {
      if (source instanceof ContextSource.Tar(var stream)) {
        context = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    script.forEach(listener::on);
    begun.countDown();
    if (endless) {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException _) {
        cancelled.countDown();
        throw new BuildException(BuildException.Kind.CANCELLED, "the build was cancelled");
      }
    }
    failure.ifPresent(
        e -> {
          throw e;
        });
    return new Built(IMAGE);
  }

  @Override
  public List<BuildEvent.Warned> check(BuildRequest request) {
    requests.add(request);
    return warnings;
  }

  @Override
  public List<CacheRecord> cache() {
    return records;
  }

  @Override
  public Pruned prune(Predicate<CacheRecord> which, long keepBytes) {
    kept.add(keepBytes);
    List<CacheRecord> gone = records.stream().filter(which).toList();
    records.removeAll(gone);
    return new Pruned(
        gone.stream().map(CacheRecord::id).toList(),
        gone.stream().mapToLong(CacheRecord::sizeBytes).sum());
  }
}
