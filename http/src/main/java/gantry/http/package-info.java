/// HTTP/1.1 over unix and TCP sockets for handlers that are blocking code on virtual threads.
///
/// One event loop thread speaks to the kernel; each request runs on a virtual thread of its own
/// (or, when the application says that it answers at once, on the loop itself). Bodies are streams
/// with a bounded buffer in both directions, and a connection can be taken over for a raw protocol.
package gantry.http;
