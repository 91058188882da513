/// The kernel, called directly: descriptors, mounts, namespaces, processes, cgroups and links.
package gantry.linux;
