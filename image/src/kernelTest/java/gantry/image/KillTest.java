package gantry.image;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.oci.Reference;
import gantry.state.Database;
import gantry.testing.KernelTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;

/// A process that loads, removes and uses images from several threads is killed at random moments:
/// what it was answered holds, every image is whole, and nothing is left over.
class KillTest {
  private static final int KILLS = 6;
  private static final int THREADS = 3;
  private static final int BIG_BYTES = 2 << 20;

  @TempDir private Path root;

  @KernelTest
  void kill_atAnyMoment_keepsWhatWasAnsweredAndNothingElse() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int answered = 0;
    for (int i = 0; i < KILLS; i++) {
      List<String> answers = runAndKill(1500 + random.nextInt(1500));
      answered += answers.size();
      try (Database database = Database.open(root);
          ImageStore store = ImageStore.open(root, database)) {
        assertThat(tags(store)).as("seed %d", seed).containsAllEntriesOf(promised(answers));
        store.list().forEach(image -> checkWhole(store, image));
        checkNothingElse(store);
      }
    }
    assertThat(answered).as("the process worked at all").isGreaterThan(KILLS);
  }

  private List<String> runAndKill(long afterMillis) throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Worker.class.getName(),
                root.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> answers = new ArrayList<>();
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (var lines = process.inputReader()) {
                    lines.lines().forEach(answers::add);
                  } catch (IOException | java.io.UncheckedIOException _) {
                    // it was killed
                  }
                });
    Thread.sleep(afterMillis);
    process.destroyForcibly().waitFor();
    reader.join();
    return answers;
  }

  /// Tags whose last work was answered, and whether they are there then.
  private static Map<String, Boolean> promised(List<String> answers) {
    Map<String, Boolean> promised = new HashMap<>();
    for (String answer : answers) {
      String[] words = answer.split(" ", 2);
      switch (words[0]) {
        case "loaded" -> promised.put(words[1], true);
        case "removed" -> promised.put(words[1], false);
        default -> promised.remove(words[1]); // begun, perhaps ended
      }
    }
    return promised;
  }

  private static Map<String, Boolean> tags(ImageStore store) {
    Map<String, Boolean> tags = new HashMap<>();
    for (int i = 0; i < 3 * THREADS; i++) {
      String tag = "kill:" + i;
      tags.put(tag, store.byReference(Reference.parse(tag)).isPresent());
    }
    return tags;
  }

  private static void checkWhole(ImageStore store, Image image) {
    try (OwnedFd view = store.snapshots().view(image)) {
      assertThat(At.stat(view, "big").sizeBytes()).isEqualTo(BIG_BYTES);
      assertThat(At.stat(view, "small").sizeBytes()).isEqualTo(1);
    }
    store
        .save(List.of(image.id().toString()), Optional.empty())
        .to(OutputStream.nullOutputStream());
  }

  private void checkNothingElse(ImageStore store) {
    store.snapshots().keys().forEach(store.snapshots()::remove);
    store.collectGarbage();
    store.drainTrash();
    Set<String> chains = new HashSet<>();
    store.list().forEach(i -> i.layers().forEach(l -> chains.add(l.chainId().toString())));
    assertThat(store.blobs().list()).isEqualTo(store.catalog().neededBlobs());
    assertThat(store.catalog().layers()).hasSize(chains.size());
    assertThat(root.resolve("snapshots").toFile().list()).hasSize(chains.size() + 2);
    assertThat(root.resolve("ingest")).isEmptyDirectory();
    assertThat(root.resolve("removed")).isEmptyDirectory();
  }

  /// The process that is killed.
  static final class Worker {
    private Worker() {}

    /// @param arguments the data root
    public static void main(String[] arguments) {
      Path root = Path.of(arguments[0]);
      ImageStore store = ImageStore.open(root, Database.open(root));
      for (int i = 0; i < THREADS; i++) {
        int first = 3 * i;
        Thread.ofPlatform().start(() -> work(store, first));
      }
    }

    private static void work(ImageStore store, int first) {
      Random random = new Random();
      while (true) {
        int number = first + random.nextInt(3);
        String tag = "kill:" + number;
        if (random.nextBoolean()) {
          byte[] archive = archive(number, tag);
          say("loading " + tag);
          store.load(new ByteArrayInputStream(archive), Optional.empty(), LoadProgress.none());
          say("loaded " + tag);
          store.snapshots().prepare("container" + number, store.find(tag));
        } else if (store.byReference(Reference.parse(tag)).isPresent()) {
          say("removing " + tag);
          store.remove(tag, true, true, ImageUse.none());
          say("removed " + tag);
        }
      }
    }

    private static byte[] archive(int number, String tag) {
      byte[] big = new byte[BIG_BYTES];
      new Random(number).nextBytes(big);
      byte[] shared = Archives.tar().file("small", "0").bytes();
      byte[] own = Archives.tar().file("big", big).bytes();
      byte[] top = Archives.tar().file("small", "" + number).bytes();
      return Archives.docker(tag, shared, own, top);
    }

    private static synchronized void say(String line) {
      System.out.println(line);
      System.out.flush();
    }
  }
}
