/// The launch plan: a container's start as a flat list of system calls, and the program that runs
/// it.
package gantry.stage;
