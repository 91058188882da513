/// The Store: a registry of images, its protocol, its rights and its web pages.
@org.jspecify.annotations.NullMarked
module gantry.store {
  requires static transitive org.jspecify;
  requires transitive gantry.http;
  requires transitive gantry.oci;
  requires gantry.image;
  requires gantry.state;
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.databind;
  requires org.slf4j;

  exports gantry.store;
}
