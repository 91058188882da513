package gantry.build.solve;

import gantry.build.BuildEvent.Vertex;
import gantry.build.BuildEvent.Work;
import gantry.build.BuildException;
import gantry.build.BuildRequest;
import gantry.build.ContextSource;
import gantry.build.dockerfile.Copy;
import gantry.build.dockerfile.Dockerfile;
import gantry.build.dockerfile.DockerfileException;
import gantry.build.dockerfile.From;
import gantry.build.dockerfile.Instruction;
import gantry.build.dockerfile.Mount;
import gantry.build.dockerfile.Run;
import gantry.oci.Digest;
import gantry.oci.FormatException;
import gantry.oci.Platform;
import gantry.oci.Reference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a build has to do for its target: the stages that it needs, what each begins with, and the
/// vertices of their instructions. Immutable.
final class Plan {
  /// What a stage begins with.
  sealed interface Base {
    record Scratch() implements Base {}

    record Stage(int number) implements Base {}

    record Image(Reference reference) implements Base {}
  }

  /// An instruction and its vertex.
  record Step(Instruction instruction, Vertex vertex) {}

  /// A stage that is needed.
  ///
  /// @param name as it is called in messages
  /// @param from the vertex of its base
  /// @param needs stages that its own instructions, or its base, take files from
  /// @param cached whether results may be taken from the cache
  record Stage(
      int number,
      String name,
      Base base,
      Platform platform,
      Vertex from,
      List<Step> steps,
      Set<Integer> needs,
      boolean cached) {
    /// Steps of the base's `ONBUILD` instructions.
    List<Step> triggers(List<String> texts) {
      List<Step> triggers = new ArrayList<>();
      for (String text : texts) {
        Instruction instruction = Dockerfile.parseTrigger("ONBUILD of the base of " + name, text);
        Vertices.Place place = new Vertices.Place(name, name, 0, 0, from.step(), from.steps());
        triggers.add(new Step(instruction, Vertices.of(instruction, place, List.of(from.id()))));
      }
      return triggers;
    }
  }

  private final Dockerfile file;
  private final BuildRequest request;
  private final BuildArguments arguments;
  private final Platform platform;
  private final List<Stage> stages = new ArrayList<>(); // those needed, in order of the file
  private final int target;

  Plan(Dockerfile file, BuildRequest request, BuildArguments arguments, Platform platform) {
    this.file = file;
    this.request = request;
    this.arguments = arguments;
    this.platform = platform;
    file.globalArgs()
        .forEach(
            arg ->
                arg.expand(arguments::global)
                    .arguments()
                    .forEach(a -> arguments.setGlobal(a.name(), a.defaultValue())));
    this.target = target();
    Set<Integer> needed = needed(target);
    int[] step = {1};
    int steps = needed.stream().mapToInt(n -> 1 + instructions(n).size()).sum();
    needed.forEach(number -> stages.add(stage(number, step, steps)));
  }

  /// The number of the stage that is asked for.
  int target() {
    if (request.target().isEmpty()) {
      return file.stages().size() - 1;
    }
    String name = request.target().get();
    return file.stage(name)
        .map(gantry.build.dockerfile.Stage::index)
        .orElseThrow(
            () ->
                new BuildException(
                    BuildException.Kind.NOT_FOUND,
                    "target stage \"%s\" could not be found: the stages are %s"
                        .formatted(
                            name,
                            file.stages().stream()
                                .map(gantry.build.dockerfile.Stage::label)
                                .collect(Collectors.joining(", ")))));
  }

  List<Stage> stages() {
    return stages;
  }

  Stage stage(int number) {
    return stages.stream()
        .filter(stage -> stage.number == number)
        .findFirst()
        .orElseGet(() -> stage(number, new int[] {0}, 0)); // found while building
  }

  /// The vertices of all, in order of the file.
  List<Vertex> vertices() {
    return stages.stream()
        .flatMap(
            stage -> Stream.concat(Stream.of(stage.from), stage.steps.stream().map(Step::vertex)))
        .toList();
  }

  private List<Instruction> instructions(int stage) {
    return file.stages().get(stage).instructions();
  }

  private Set<Integer> needed(int stage) {
    Set<Integer> needed = new TreeSet<>();
    Deque<Integer> open = new ArrayDeque<>(List.of(stage));
    while (!open.isEmpty()) {
      int next = open.pop();
      if (needed.add(next)) {
        open.addAll(needs(next));
      }
    }
    return needed;
  }

  private Set<Integer> needs(int number) {
    Set<Integer> needs = new TreeSet<>();
    if (base(number) instanceof Base.Stage(int below)) {
      needs.add(below);
    }
    for (Instruction instruction : instructions(number)) {
      sources(instruction)
          .forEach(name -> stageNamed(name, number, instruction).ifPresent(needs::add));
    }
    return needs;
  }

  /// Where an instruction takes files from, as far as that can be told before it is expanded.
  private static List<String> sources(Instruction instruction) {
    try {
      return switch (instruction) {
        case Copy copy -> copy.from().stream().toList();
        case Run run ->
            run.mounts().stream()
                .flatMap(
                    mount ->
                        switch (mount) {
                          case Mount.Bind bind -> bind.from().stream();
                          case Mount.Cache cache -> cache.from().stream();
                          default -> Stream.<String>empty();
                        })
                .toList();
        default -> List.of();
      };
    } catch (DockerfileException _) {
      return List.of(); // options with variables in them: what they name is begun when it is known
    }
  }

  /// The stage that `--from` means in an instruction of stage `number`.
  Optional<Integer> stageNamed(String name, int number, Instruction instruction) {
    return request.contexts().containsKey(name)
        ? Optional.empty()
        : file.from(file.stages().get(number), instruction, name)
            .map(gantry.build.dockerfile.Stage::index);
  }

  private From from(int number) {
    return file.stages().get(number).from().expand(arguments::global);
  }

  private Base base(int number) {
    From from = from(number);
    String name = from.base();
    if (name.isBlank()) {
      throw from.origin()
          .problem(
              "base name (%s) should not be blank"
                  .formatted(file.stages().get(number).from().base()),
              file.stages().get(number).from().base());
    }
    Optional<ContextSource> context = Optional.ofNullable(request.contexts().get(name));
    if (context.isPresent()) {
      return contextBase(from, context.get());
    }
    return switch (file.base(file.stages().get(number), name)) {
      case gantry.build.dockerfile.Base.Scratch _ -> new Base.Scratch();
      case gantry.build.dockerfile.Base.Earlier(var earlier) -> new Base.Stage(earlier.index());
      case gantry.build.dockerfile.Base.Image(String reference) -> image(from, reference);
    };
  }

  private static Base contextBase(From from, ContextSource context) {
    if (context instanceof ContextSource.Image(Reference reference)) {
      return new Base.Image(reference);
    }
    throw from.origin()
        .problem(
            "the build context '%s' is no image: COPY --from=%s takes files from it"
                .formatted(from.base(), from.base()),
            from.base());
  }

  private static Base image(From from, String name) {
    try {
      return new Base.Image(Reference.parse(name).withDefaultTag());
    } catch (FormatException e) {
      throw from.origin()
          .problem("failed to parse stage name \"%s\": %s".formatted(name, e.getMessage()), name);
    }
  }

  private Stage stage(int number, int[] step, int steps) {
    String name = name(number);
    String shown = file.stages().size() == 1 ? "" : name;
    List<Instruction> instructions = instructions(number);
    int numbers =
        1 + (int) instructions.stream().filter(i -> Vertices.work(i) != Work.CONFIGURATION).count();
    From from = from(number);
    Vertex base =
        Vertices.of(
            from,
            new Vertices.Place(name, shown, 1, numbers, step[0]++, steps),
            baseInputs(number));
    List<Step> all = new ArrayList<>();
    Digest last = base.id();
    int files = 1;
    for (Instruction instruction : instructions) {
      int own = Vertices.work(instruction) == Work.CONFIGURATION ? 0 : ++files;
      Vertices.Place place = new Vertices.Place(name, shown, own, numbers, step[0]++, steps);
      Vertex vertex = Vertices.of(instruction, place, List.of(last));
      all.add(new Step(instruction, vertex));
      last = vertex.id();
    }
    return new Stage(
        number,
        name,
        base(number),
        from.platform().map(this::parsed).orElse(platform),
        base,
        List.copyOf(all),
        needs(number),
        cached(number));
  }

  private List<Digest> baseInputs(int number) {
    if (base(number) instanceof Base.Stage(int below)) {
      for (Stage stage : stages) {
        if (stage.number == below) {
          return List.of(
              stage.steps.isEmpty() ? stage.from.id() : stage.steps.getLast().vertex().id());
        }
      }
    }
    return List.of();
  }

  private Platform parsed(String text) {
    try {
      return Platform.parse(text);
    } catch (FormatException e) {
      throw new BuildException(
          BuildException.Kind.INVALID,
          "failed to parse platform %s: %s".formatted(text, e.getMessage()),
          e);
    }
  }

  private String name(int number) {
    return file.stages().get(number).name().orElse("stage-" + number);
  }

  /// Without names of stages, `--no-cache-filter` means none.
  private boolean cached(int number) {
    BuildRequest.CacheUse use = request.cache();
    return !use.none()
        && !use.noneOfStages().contains(name(number))
        && !use.noneOfStages().contains(Integer.toString(number));
  }
}
