/// The launch plan: a container's start as a flat list of system calls, and the program that runs
/// it.
@org.jspecify.annotations.NullMarked
module gantry.stage {
  requires static transitive org.jspecify;
  requires transitive gantry.linux;

  exports gantry.stage;
}
