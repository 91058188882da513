/// The Docker Engine API over HTTP, and the process that serves it.
@org.jspecify.annotations.NullMarked
module gantry.daemon {
  requires static transitive org.jspecify;
  requires gantry.engine;
  requires gantry.linux;
  requires com.fasterxml.jackson.databind;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;
  requires org.slf4j;

  exports gantry.daemon.http;
}
