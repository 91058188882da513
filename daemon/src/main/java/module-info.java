/// The Docker Engine API over HTTP, and the process that serves it.
@org.jspecify.annotations.NullMarked
module gantry.daemon {
  requires static transitive org.jspecify;
  requires gantry.engine;
  requires gantry.linux;
  requires com.fasterxml.jackson.core;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.unix.common;
  requires jdk.unsupported; // sun.misc.Signal
  requires org.slf4j;
  requires re2j;

  exports gantry.daemon;
  exports gantry.daemon.api;
  exports gantry.daemon.config;
  exports gantry.daemon.http;
  exports gantry.daemon.json;
  exports gantry.daemon.log to
      org.slf4j; // named by Main
}
