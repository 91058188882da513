/// Name service for containers: what the containers of a network are called, asked and answered in
/// the language of DNS.
///
/// A [gantry.network.dns.NameService] knows the names of every network. A container reaches it at
/// `127.0.0.11` inside its own network namespace, and sees only the networks that it is in; what is
/// no name of theirs is asked of the host's resolvers, or of those that the container was given.
///
/// Source: RFC 1035 (messages), RFC 3596 (AAAA), RFC 6891 (EDNS), RFC 7766 (TCP).
@org.jspecify.annotations.NullMarked
package gantry.network.dns;
