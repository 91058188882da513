/// How containers reach the world: networks, the sandboxes that containers run in, their addresses,
/// and the files that tell a container of names.
///
/// A container's place is a [Sandbox] (a network namespace), made ahead of need. On a bridge it has
/// an [Endpoint]: one end of a veth, an address, a way out. [Networks] hands sandboxes out,
/// remembers who has which endpoint, and puts right what a crash left behind.
package gantry.network;
