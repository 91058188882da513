package gantry.build.solve;

import gantry.image.Layer;
import gantry.oci.Digest;
import gantry.oci.History;
import gantry.oci.ImageConfig;
import gantry.oci.Json;
import gantry.oci.Platform;
import gantry.oci.ProcessDefaults;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A stage as far as it is built: its files, what its image will say, and the variables that its
/// instructions see. For the one thread that builds the stage; who goes on from it takes a copy.
final class StageState {
  private static final String COMMENT = "gantry.build";

  private final Platform platform;
  private List<Layer> layers;
  private ProcessDefaults config;
  private final List<History> history;
  private String author;
  private final Map<String, String> arguments = new LinkedHashMap<>();
  private Optional<Digest> lastStep = Optional.empty();
  private boolean commandSet;
  private boolean allCached = true;

  private StageState(
      Platform platform,
      List<Layer> layers,
      ProcessDefaults config,
      List<History> history,
      String author) {
    this.platform = platform;
    this.layers = List.copyOf(layers);
    this.config = config;
    this.history = new ArrayList<>(history);
    this.author = author;
  }

  /// `FROM scratch`.
  static StageState empty(Platform platform, String path) {
    ProcessDefaults nothing =
        ProcessDefaults.none().toBuilder().env(List.of("PATH=" + path)).build();
    return new StageState(platform, List.of(), nothing, List.of(), "");
  }

  /// `FROM` an image.
  static StageState of(gantry.image.Image image) {
    ImageConfig config = image.config();
    return new StageState(
        config.platform(), image.layers(), config.config(), config.history(), config.author());
  }

  /// `FROM` a stage.
  StageState next() {
    StageState next = new StageState(platform, layers, config, history, author);
    next.arguments.putAll(arguments);
    next.lastStep = lastStep;
    return next;
  }

  Platform platform() {
    return platform;
  }

  List<Layer> layers() {
    return layers;
  }

  /// Name of the whole stack; empty where there are no layers.
  Optional<Digest> chainId() {
    return layers.isEmpty() ? Optional.empty() : Optional.of(layers.getLast().chainId());
  }

  ProcessDefaults config() {
    return config;
  }

  /// Key of the last step that could change files, if the cache has it.
  Optional<Digest> lastStep() {
    return lastStep;
  }

  /// A step without files.
  void configured(ProcessDefaults changed, String createdBy) {
    config = changed;
    history.add(new History(Optional.empty(), createdBy, author, COMMENT, true));
  }

  /// A step that may have added a layer.
  void changed(List<Layer> after, String createdBy, Instant now, Optional<Digest> key) {
    boolean empty = after.size() == layers.size();
    layers = List.copyOf(after);
    lastStep = key;
    history.add(new History(Optional.of(now), createdBy, author, COMMENT, empty));
  }

  /// Whether every step so far came from the cache.
  boolean allCached() {
    return allCached;
  }

  void worked() {
    allCached = false;
  }

  /// Whether the stage itself says what its containers run: then an entrypoint that follows leaves
  /// that alone.
  boolean commandSet() {
    return commandSet;
  }

  void setsCommand() {
    commandSet = true;
  }

  /// Labels of the whole build; they are part of no step.
  void labelled(ProcessDefaults changed) {
    config = changed;
  }

  void forgetTriggers() {
    config = config.toBuilder().onBuild(List.of()).build();
  }

  void workingDirectory(String path) {
    config = config.toBuilder().workingDir(path).build();
  }

  void author(String name) {
    author = name;
  }

  /// Declares a build argument; its value counts from the next instruction on.
  void argument(String name, Optional<String> value) {
    arguments.remove(name);
    value.ifPresent(text -> arguments.put(name, text));
  }

  /// Values of the declared build arguments.
  Map<String, String> arguments() {
    return arguments;
  }

  /// Variables of the image, in order.
  Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>();
    for (String variable : config.env()) {
      int equals = variable.indexOf('=');
      if (equals > 0) {
        environment.put(variable.substring(0, equals), variable.substring(equals + 1));
      }
    }
    return environment;
  }

  /// What an instruction sees: arguments, and variables before them.
  Optional<String> variable(String name) {
    String value = environment().get(name);
    return Optional.ofNullable(value != null ? value : arguments.get(name));
  }

  /// The image as it is so far; steps without files are as old as the image.
  ImageConfig image(Instant created) {
    return ImageConfig.of(
            platform,
            created,
            config,
            layers.stream().map(Layer::diffId).toList(),
            history.stream().map(step -> dated(step, created)).toList())
        .withNote(author, "");
  }

  private static History dated(History step, Instant created) {
    return step.created().isPresent() || !step.comment().equals(COMMENT)
        ? step
        : new History(
            Optional.of(created),
            step.createdBy(),
            step.author(),
            step.comment(),
            step.emptyLayer());
  }

  /// A name for the stage as it is so far: the same files and settings have the same.
  Digest id() {
    ImageConfig undated =
        ImageConfig.of(
            platform,
            Instant.EPOCH,
            config,
            layers.stream().map(Layer::diffId).toList(),
            List.of());
    return Digest.sha256(Json.write(undated));
  }
}
