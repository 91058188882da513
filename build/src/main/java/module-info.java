/// From a Dockerfile to an image: the language, the context, the graph of steps and their cache.
@org.jspecify.annotations.NullMarked
module gantry.build {
  requires static transitive org.jspecify;
  requires transitive gantry.linux;
  requires transitive gantry.oci;
  requires transitive gantry.image;
  requires gantry.state;
  requires java.net.http;
  requires org.slf4j;

  exports gantry.build;
  exports gantry.build.solve to
      gantry.engine;
  exports gantry.build.context;
  exports gantry.build.dockerfile;
}
