/// The `gantry` command: Docker's commands, spoken over HTTP to a daemon.
@org.jspecify.annotations.NullMarked
module gantry.cli {
  requires static transitive org.jspecify;
  requires com.fasterxml.jackson.core;
  requires gantry.linux;
  requires jdk.unsupported;
  requires org.apache.commons.compress;

  exports gantry.cli;
}
