/// A small HTTP/1.1 client over unix and TCP sockets: streaming both ways, chunked bodies,
/// keep-alive, connection takeover.
package gantry.cli.http;
