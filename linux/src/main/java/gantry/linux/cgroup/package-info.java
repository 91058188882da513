/// Control groups: what a set of processes may use and has used, by the kernel's version 1, version
/// 2, or both at once.
package gantry.linux.cgroup;
