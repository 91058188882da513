package gantry.build.solve;

import gantry.build.cache.Inputs;
import gantry.build.context.BuildContext;
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

  /// Files that are copied.
  private record Part(Selection selection, CopyOptions.Archives archives) {}

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
    List<String> local = new ArrayList<>();
    List<Part> fetched = new ArrayList<>();
    for (String source : add.sources()) {
      Optional<RemoteSource> remote = RemoteSource.parse(source);
      if (remote.isPresent()) {
        fetched.add(fetch(remote.get(), add));
      } else {
        local.add(source);
      }
    }
    Wanted wanted =
        new Wanted(
            add,
            local,
            add.heredocs(),
            add.destination(),
            add.chown(),
            add.chmod(),
            add.parents(),
            add.excludes(),
            archives(add.unpack().orElse(true)));
    List<Part> parts = new ArrayList<>(parts(wanted, rooms.trees().context()));
    parts.addAll(fetched);
    return prepare(wanted, parts, inputs);
  }

  private static CopyOptions.Archives archives(boolean unpacked) {
    return unpacked ? CopyOptions.Archives.UNPACKED : CopyOptions.Archives.COPIED;
  }

  private Part fetch(RemoteSource source, Add add) {
    BuildContext context = source.added(rooms.shared().contexts(), add);
    try {
      Sources all =
          new Sources(
              List.of(source.path(context)),
              IgnoreRules.of(add.excludes()),
              Sources.Parents.DROPPED);
      rooms.trees().keep(context);
      return new Part(
          context.tree(IgnoreRules.NONE).select(all), archives(add.unpack().orElse(false)));
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
  }

  private List<Part> parts(Wanted wanted, SourceTree tree) {
    List<Part> parts = new ArrayList<>();
    if (!wanted.sources.isEmpty()) {
      Sources sources =
          new Sources(
              wanted.sources,
              IgnoreRules.of(wanted.excludes),
              wanted.parents ? Sources.Parents.KEPT : Sources.Parents.DROPPED);
      parts.add(new Part(tree.select(sources), wanted.archives));
    }
    for (Heredoc heredoc : wanted.heredocs) {
      BuildContext file =
          InlineFile.make(rooms.shared().contexts(), heredoc.name(), heredoc.text());
      rooms.trees().keep(file);
      parts.add(
          new Part(
              file.tree(IgnoreRules.NONE).select(Sources.of(heredoc.name())),
              CopyOptions.Archives.COPIED));
    }
    return parts;
  }

  private StageBuild.Change prepare(Wanted wanted, List<Part> parts, Inputs inputs) {
    checkDestination(wanted, parts);
    String destination = destination(wanted.destination);
    int number = 0;
    for (Part part : parts) {
      inputs.add("the files " + number, part.selection().digest());
      inputs.add("what becomes of archives " + number++, part.archives());
      inputs.files(part.selection().manifest());
    }
    inputs.add("the destination", destination);
    inputs.add("the owner", wanted.chown.orElse(""));
    inputs.add("the permissions", wanted.chmod.orElse(""));
    return root -> copy(wanted, parts, destination, root);
  }

  private void copy(Wanted wanted, List<Part> parts, String destination, OwnedFd root) {
    for (Part part : parts) {
      CopyOptions options =
          new CopyOptions(
              wanted.chown.map(text -> Owners.find(text, root)),
              wanted.chmod.map(ModeChange::parse),
              rooms
                  .clock()
                  .latest()
                  .map(time -> new TimeSpec(time.getEpochSecond(), time.getNano())),
              part.archives());
      new Copier(root, options).copy(part.selection(), destination);
    }
  }

  private static void checkDestination(Wanted wanted, List<Part> parts) {
    int sources = Math.max(parts.size(), wanted.sources.size() + wanted.heredocs.size());
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
