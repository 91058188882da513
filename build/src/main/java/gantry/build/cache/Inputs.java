package gantry.build.cache;

import gantry.build.context.Manifest;
import gantry.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// All that the result of a step depends on, by name and in order. Their digest is the step's key
/// in the cache: the same inputs, the same key, in every engine.
///
/// ```
/// Inputs inputs = new Inputs().add("instruction", "RUN make").add("files below", chainId);
/// ```
///
/// For one thread.
public final class Inputs {
  /// Changes with what a step does with its inputs, so that no result of an older builder is taken.
  private static final String VERSION = "gantry build 1";

  /// One input; the value never leaves this process, a digest of it may.
  record Input(String name, String value) {}

  private final List<Input> inputs = new ArrayList<>();
  private Optional<Manifest> files = Optional.empty();

  public Inputs add(String name, Object value) {
    inputs.add(new Input(name, value.toString()));
    return this;
  }

  /// The files that the step reads of its context or of another stage, to explain with; their
  /// digest must be added as an input besides.
  public Inputs files(Manifest manifest) {
    files = Optional.of(manifest);
    return this;
  }

  Optional<Manifest> files() {
    return files;
  }

  /// The key: the digest of all names and values.
  public Digest key() {
    MessageDigest hash = Digest.Algorithm.SHA256.newHash();
    add(hash, VERSION);
    for (Input input : inputs) {
      add(hash, input.name);
      add(hash, input.value);
    }
    return Digest.of(Digest.Algorithm.SHA256, hash);
  }

  /// With the length before it, so that no two lists of texts come to the same bytes.
  private static void add(MessageDigest hash, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    hash.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
    hash.update(bytes);
  }

  /// What is kept of the inputs to explain the next miss: of each value a digest, keyed, since a
  /// build argument may be easy to guess.
  Map<String, String> fingerprints(byte[] key) {
    Map<String, String> fingerprints = new TreeMap<>();
    for (Input input : inputs) {
      MessageDigest hash = Digest.Algorithm.SHA256.newHash();
      hash.update(key);
      add(hash, input.name);
      add(hash, input.value);
      fingerprints.put(input.name, Digest.of(Digest.Algorithm.SHA256, hash).shortHex());
    }
    return fingerprints;
  }
}
