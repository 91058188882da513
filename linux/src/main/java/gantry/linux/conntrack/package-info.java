/// What the kernel remembers of connections and datagrams that passed.
package gantry.linux.conntrack;
