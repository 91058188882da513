/// Testcontainers without Docker: the engine inside the test's virtual machine.
@org.jspecify.annotations.NullMarked
module gantry.testcontainers {
  requires static transitive org.jspecify;
  requires gantry.daemon;
  requires gantry.engine;
  requires gantry.linux;
  requires org.slf4j;
  requires transitive testcontainers; // has no name of its own: that of its file

  exports gantry.testcontainers;

  provides org.testcontainers.dockerclient.DockerClientProviderStrategy with
      gantry.testcontainers.GantryStrategy;
}
