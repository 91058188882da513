package gantry.daemon.build;

import gantry.build.BuildEvent;
import gantry.build.BuildEvent.Outcome;
import gantry.build.BuildEvent.Vertex;
import gantry.build.BuildEvent.Work;
import gantry.build.BuildListener;
import gantry.oci.Digest;
import gantry.oci.Reference;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/// What the classic builder prints, which clients read:
///
/// ```
/// Step 2/3 : RUN make
///  ---> Running in 5d1e5ec5a9f2
/// …
///  ---> Removed intermediate container 5d1e5ec5a9f2
///  ---> 3f57d9401f8d
/// ```
///
/// That builder has one step at a time, in the order of the Dockerfile. Of steps that run side by
/// side the first is printed as it goes on; what happens in later ones waits until their turn, at
/// most [#WAITING_CHARACTERS] of output. There are no intermediate containers here: what is
/// `Running in` is the step, by its digest.
public final class ClassicText implements BuildListener {
  /// How much output of later steps is kept; what is more is cut.
  static final int WAITING_CHARACTERS = 8 << 20;

  private static final String RED = "\u001b[91m"; // as dockerd marks what goes to standard error
  private static final String PLAIN = "\u001b[0m";

  private final Consumer<String> out;
  private final TreeMap<Place, Step> steps = new TreeMap<>();
  private final Map<Digest, Step> byVertex = new HashMap<>();
  private Optional<Outcome.Failed> failure = Optional.empty();
  private int planned;
  private int waitingCharacters;

  /// Where a step stands; several may have the same number, of an `ONBUILD` say.
  private record Place(int step, int planned) implements Comparable<Place> {
    static final Place BEFORE_ALL = new Place(Integer.MIN_VALUE, 0);

    @Override
    public int compareTo(Place other) {
      return step != other.step
          ? Integer.compare(step, other.step)
          : Integer.compare(planned, other.planned);
    }
  }

  /// @param out takes text, whole lines but for a command's output
  public ClassicText(Consumer<String> out) {
    this.out = out;
  }

  /// A step that is not printed to its end.
  private final class Step {
    final Vertex vertex;
    final Place place;
    final StringBuilder waiting = new StringBuilder();
    final Utf8Pieces standard = new Utf8Pieces();
    final Utf8Pieces error = new Utf8Pieces();
    boolean begun;
    boolean running;
    boolean cut;
    boolean ended;

    Step(Vertex vertex, Place place) {
      this.vertex = vertex;
      this.place = place;
    }

    String shortId() {
      return vertex.id().shortHex();
    }

    void print(String text) {
      if (text.isEmpty()) {
        return;
      }
      if (isFirst()) {
        out.accept(text);
      } else if (waitingCharacters + text.length() <= WAITING_CHARACTERS) {
        waitingCharacters += text.length();
        waiting.append(text);
      } else if (!cut) {
        cut = true;
        waiting.append("\n[the rest of this step's output was cut: earlier steps still ran]\n");
      }
    }

    /// Prints although other steps are before.
    void printNow() {
      if (!waiting.isEmpty()) {
        out.accept(waiting.toString());
        waitingCharacters -= Math.min(waitingCharacters, waiting.length());
        waiting.setLength(0);
      }
    }

    private boolean isFirst() {
      return steps.firstEntry().getValue() == this;
    }

    void begin() {
      if (!begun) {
        begun = true;
        print("Step %d/%d : %s\n".formatted(vertex.step(), vertex.steps(), vertex.instruction()));
      }
    }

    void run() {
      begin();
      if (!running) {
        running = true;
        print(" ---> Running in " + shortId() + "\n");
      }
    }

    void write(boolean toError, ByteBuffer bytes) {
      run();
      String text = (toError ? error : standard).add(bytes);
      print(toError && !text.isEmpty() ? RED + text + PLAIN : text);
    }

    void end(Outcome outcome) {
      begin();
      print(standard.end() + error.end());
      switch (outcome) {
        case Outcome.Cached(Digest result) -> {
          boolean base = vertex.instruction().regionMatches(true, 0, "FROM ", 0, 5);
          print((base ? "" : " ---> Using cache\n") + " ---> " + result.shortHex() + "\n");
        }
        case Outcome.Built(Digest result, _) -> built(result);
        case Outcome.Failed _, Outcome.Cancelled _ -> {}
      }
      ended = true;
    }

    private void built(Digest result) {
      if (vertex.work() == Work.COMMAND) {
        run();
        print(" ---> Removed intermediate container " + shortId() + "\n");
      }
      print(" ---> " + result.shortHex() + "\n");
    }
  }

  @Override
  public void on(BuildEvent event) {
    if (failure.isPresent()) {
      return; // what others still say on their way out is of no account
    }
    switch (event) {
      case BuildEvent.Planned(List<Vertex> vertices) -> vertices.forEach(this::plan);
      case BuildEvent.Started(Digest vertex, _) -> step(vertex).ifPresent(Step::begin);
      case BuildEvent.Output(Digest vertex, boolean error, ByteBuffer bytes) ->
          step(vertex).ifPresent(step -> step.write(error, bytes));
      case BuildEvent.Finished(Digest vertex, _, Outcome outcome) -> finish(vertex, outcome);
      case BuildEvent.DockerfileRead _,
          BuildEvent.Progressed _,
          BuildEvent.Explained _,
          BuildEvent.Warned _ -> {}
    }
  }

  private void plan(Vertex vertex) {
    if (vertex.step() > 0) {
      Step step = new Step(vertex, new Place(vertex.step(), planned++));
      byVertex.put(vertex.id(), step);
      steps.put(step.place, step);
    }
  }

  private Optional<Step> step(Digest vertex) {
    return Optional.ofNullable(byVertex.get(vertex));
  }

  private void finish(Digest vertex, Outcome outcome) {
    if (outcome instanceof Outcome.Failed failed && failure.isEmpty()) {
      failure = Optional.of(failed);
      step(vertex).filter(step -> !step.isFirst()).ifPresent(this::overtake);
    }
    step(vertex).ifPresent(step -> step.end(outcome));
    while (!steps.isEmpty() && steps.firstEntry().getValue().ended) {
      byVertex.remove(steps.pollFirstEntry().getValue().vertex.id());
      if (!steps.isEmpty()) {
        steps.firstEntry().getValue().printNow();
      }
    }
  }

  /// The step that ends the build is what its user wants to see, whichever still run before it.
  private void overtake(Step step) {
    step.begin();
    step.printNow();
    steps.remove(step.place);
    steps.put(Place.BEFORE_ALL, step);
  }

  /// Ends the text of a build that has come to an end.
  public void built(Digest image, List<Reference> tags) {
    out.accept("Successfully built " + image.shortHex() + "\n");
    for (Reference tag : tags) {
      out.accept("Successfully tagged " + tag.withDefaultTag().familiar() + "\n");
    }
  }

  /// How the command ended that ended the build.
  public Optional<Outcome.Exit> failedCommand() {
    return failure.flatMap(Outcome.Failed::exit);
  }
}
