/// Local images: blobs by digest, layers in and out of tar, snapshots, references.
@org.jspecify.annotations.NullMarked
module gantry.image {
  requires static transitive org.jspecify;
  requires transitive gantry.linux;
  requires transitive gantry.oci;
  requires transitive gantry.state;
  requires org.apache.commons.compress;
  requires com.github.luben.zstd_jni;

  exports gantry.image;
  exports gantry.image.tar;
}
