package gantry.build.solve;

import gantry.build.cache.Inputs;
import gantry.build.context.Copier;
import gantry.build.context.CopyOptions;
import gantry.build.context.IgnoreRules;
import gantry.build.context.ModeChange;
import gantry.build.context.Selection;
import gantry.build.context.SourceTree;
import gantry.build.context.Sources;
import gantry.build.dockerfile.Add;
import gantry.build.dockerfile.Copy;
import gantry.build.dockerfile.Heredoc;
import gantry.build.dockerfile.Instruction;
import gantry.linux.OwnedFd;
import gantry.linux.file.TimeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Finds out what a `COPY` or `ADD` puts where, and does it.
final class CopyStep {
  private final StageBuild.Rooms rooms;
  private final Plan.Stage stage;
  private final Plan.Step step;
  private final StageState state;

  CopyStep(StageBuild.Rooms rooms, Plan.Stage stage, Plan.Step step, StageState state) {
    this.rooms = rooms;
    this.stage = stage;
    this.step = step;
    this.state = state;
  }

  /// What both instructions have in common.
  private record Wanted(
      Instruction instruction,
      List<String> sources,
      List<Heredoc> heredocs,
      String destination,
      Optional<String> chown,
      Optional<String> chmod,
      boolean parents,
      List<String> excludes,
      CopyOptions.Archives archives) {}

  /// Files that are copied, some of them made for it; closed after the copying.
  private record Part(Selection selection, Optional<AutoCloseable> made) {}

  StageBuild.Change prepare(Copy copy, Inputs inputs) throws InterruptedException {
    Wanted wanted =
        new Wanted(
            copy,
            copy.sources(),
            copy.heredocs(),
            copy.destination(),
            copy.chown(),
            copy.chmod(),
            copy.parents(),
            copy.excludes(),
            CopyOptions.Archives.COPIED);
    SourceTree tree =
        copy.from().isEmpty()
            ? rooms.trees().context()
            : rooms.files(copy.from().get(), stage, step, state.platform()).tree();
    return prepare(wanted, parts(wanted, tree), inputs);
  }

  StageBuild.Change prepare(Add add, Inputs inputs) throws InterruptedException {
    CopyOptions.Archives local =
        add.unpack().orElse(true) ? CopyOptions.Archives.UNPACKED : CopyOptions.Archives.COPIED;
    Wanted wanted =
        new Wanted(
            add,
            add.sources().stream().filter(source -> !RemoteFiles.remote(source)).toList(),
            add.heredocs(),
            add.destination(),
            add.chown(),
            add.chmod(),
            add.parents(),
            add.excludes(),
            local);
    List<Part> parts = new ArrayList<>(parts(wanted, rooms.trees().context()));
    for (String source : add.sources()) {
      if (RemoteFiles.remote(source)) {
        throw add.origin()
            .problem("cannot fetch '%s': ADD of URLs is not supported".formatted(source), source);
      }
    }
    return prepare(wanted, parts, inputs);
  }

  private List<Part> parts(Wanted wanted, SourceTree tree) {
    List<Part> parts = new ArrayList<>();
    if (!wanted.sources.isEmpty()) {
      Sources sources =
          new Sources(
              wanted.sources,
              IgnoreRules.of(wanted.excludes),
              wanted.parents ? Sources.Parents.KEPT : Sources.Parents.DROPPED);
      parts.add(new Part(tree.select(sources), Optional.empty()));
    }
    for (Heredoc heredoc : wanted.heredocs) {
      InlineFile file = InlineFile.make(rooms.shared(), heredoc.name(), heredoc.text());
      parts.add(new Part(file.selection(), Optional.of(file)));
    }
    return parts;
  }

  private StageBuild.Change prepare(Wanted wanted, List<Part> parts, Inputs inputs) {
    checkDestination(wanted, parts);
    String destination = destination(wanted.destination);
    int number = 0;
    for (Part part : parts) {
      inputs.add("the files " + number++, part.selection().digest());
      inputs.files(part.selection().manifest());
    }
    inputs.add("the destination", destination);
    inputs.add("the owner", wanted.chown.orElse(""));
    inputs.add("the permissions", wanted.chmod.orElse(""));
    inputs.add("what becomes of archives", wanted.archives);
    return root -> {
      try {
        copy(wanted, parts, destination, root);
      } finally {
        close(parts);
      }
    };
  }

  private void copy(Wanted wanted, List<Part> parts, String destination, OwnedFd root) {
    CopyOptions options =
        new CopyOptions(
            wanted.chown.map(text -> Owners.find(text, root)),
            wanted.chmod.map(ModeChange::parse),
            rooms.clock().latest().map(time -> new TimeSpec(time.getEpochSecond(), time.getNano())),
            wanted.archives);
    Copier copier = new Copier(root, options);
    parts.forEach(part -> copier.copy(part.selection(), destination));
  }

  private static void close(List<Part> parts) {
    for (Part part : parts) {
      part.made()
          .ifPresent(
              made -> {
                try {
                  made.close();
                } catch (Exception e) { // AutoCloseable declares it
                  throw new IllegalStateException("cannot remove a temporary file", e);
                }
              });
    }
  }

  private static void checkDestination(Wanted wanted, List<Part> parts) {
    int sources = wanted.sources.size() + wanted.heredocs.size();
    if (parts.isEmpty() || (sources > 1 && !directory(wanted.destination))) {
      throw wanted
          .instruction
          .origin()
          .problem(
              "When using %s with more than one source file, the destination must be a directory and end with a /"
                  .formatted(
                      wanted.instruction.origin().keyword().toUpperCase(java.util.Locale.ROOT)),
              wanted.destination);
    }
  }

  private static boolean directory(String destination) {
    return destination.endsWith("/") || destination.equals(".") || destination.endsWith("/.");
  }

  /// Absolute, with the slash at the end that says that it is a directory.
  private String destination(String text) {
    String path = Paths.resolve(state.config().workingDir(), text);
    return directory(text) && !path.endsWith("/") ? path + "/" : path;
  }
}
