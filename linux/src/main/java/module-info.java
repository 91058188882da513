/// The kernel, called directly: descriptors, mounts, namespaces, processes, cgroups and links.
@org.jspecify.annotations.NullMarked
module gantry.linux {
  requires static transitive org.jspecify;

  exports gantry.linux;
  exports gantry.linux.file;
  exports gantry.linux.netlink;
}
