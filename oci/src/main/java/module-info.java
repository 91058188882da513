/// The data formats of images and runtimes as immutable records; no I/O.
@org.jspecify.annotations.NullMarked
module gantry.oci {
  requires static transitive org.jspecify;
  requires transitive com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.datatype.jdk8;
  requires org.yaml.snakeyaml;

  exports gantry.oci;
  exports gantry.oci.cdi;
  exports gantry.oci.runtime;
}
