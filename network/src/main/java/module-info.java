/// How containers reach the world: bridges, addresses, names, translated addresses.
@org.jspecify.annotations.NullMarked
module gantry.network {
  requires static transitive org.jspecify;
  requires transitive gantry.linux;
  requires transitive gantry.state;
  requires org.slf4j;

  exports gantry.network;
  exports gantry.network.dns;
  exports gantry.network.port;
}
