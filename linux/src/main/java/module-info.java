/// The kernel, called directly: descriptors, mounts, namespaces, processes, cgroups and links.
@org.jspecify.annotations.NullMarked
module gantry.linux {
  requires static transitive org.jspecify;
  requires com.fasterxml.jackson.databind;

  exports gantry.linux.bpf;
  exports gantry.linux.call to
      gantry.build, // names of files as bytes, for digests
      gantry.image; // and for archives
  exports gantry.linux.conntrack;
  exports gantry.linux.crypto to
      gantry.daemon;
  exports gantry.linux.file;
  exports gantry.linux.mount;
  exports gantry.linux.netlink;
  exports gantry.linux.nftables;
  exports gantry.linux.process;
  exports gantry.linux.rtnetlink;
  exports gantry.linux.seccomp;
  exports gantry.linux.security;
  exports gantry.linux;
  exports gantry.linux.cgroup;
  exports gantry.linux.event;
  exports gantry.linux.socket;
  exports gantry.linux.terminal;
}
