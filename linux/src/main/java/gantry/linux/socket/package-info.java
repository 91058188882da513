/// Unix sockets for what Java's own cannot do: descriptors sent along with bytes, and who is at the
/// other end.
package gantry.linux.socket;
