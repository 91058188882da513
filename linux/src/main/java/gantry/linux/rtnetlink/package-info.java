/// Links, addresses and routes of a network namespace, and the namespaces themselves.
package gantry.linux.rtnetlink;
