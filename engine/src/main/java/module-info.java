/// The domain: containers, images, networks and volumes as a user sees them.
@org.jspecify.annotations.NullMarked
module gantry.engine {
  requires static transitive org.jspecify;
  requires transitive gantry.build;
  requires transitive gantry.oci;
  requires gantry.linux;
  requires gantry.stage;
  requires gantry.state;
  requires gantry.image;
  requires gantry.runtime;
  requires gantry.network;
  requires org.slf4j;
  requires re2j;
  requires com.fasterxml.jackson.databind;

  exports gantry.engine;
  exports gantry.engine.container;
  exports gantry.engine.event;
  exports gantry.engine.image;
  exports gantry.engine.network;
  exports gantry.engine.system;
  exports gantry.engine.volume;
}
