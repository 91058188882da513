/// HTTP/1.1 for servers whose handlers are blocking code on virtual threads.
@org.jspecify.annotations.NullMarked
module gantry.http {
  requires static transitive org.jspecify;
  requires gantry.linux;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;
  requires org.slf4j;

  exports gantry.http;
}
