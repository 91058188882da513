/// The Docker Engine API over HTTP, and the process that serves it.
@org.jspecify.annotations.NullMarked
module gantry.daemon {
  requires static transitive org.jspecify;
  requires gantry.build;
  requires gantry.engine;
  requires transitive gantry.http;
  requires gantry.linux;
  requires gantry.oci;
  requires gantry.state;
  requires gantry.store;
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.core;
  requires jdk.unsupported; // sun.misc.Signal
  requires org.slf4j;
  requires re2j;

  exports gantry.daemon;
  exports gantry.daemon.api;
  exports gantry.daemon.build;
  exports gantry.daemon.config;
  exports gantry.daemon.json;
  exports gantry.daemon.log to
      org.slf4j; // named by Main
}
