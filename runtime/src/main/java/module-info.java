/// From a bundle to a process: compiles an OCI config into a launch plan, runs it, finds it again.
@org.jspecify.annotations.NullMarked
module gantry.runtime {
  requires static transitive org.jspecify;
  requires transitive gantry.linux;
  requires transitive gantry.stage;
  requires transitive gantry.oci;

  exports gantry.runtime;
  exports gantry.runtime.staged;
}
