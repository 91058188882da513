/// Processes: started with an exact table of descriptors, held by pidfd, waited for; the namespaces
/// and limits they live in.
package gantry.linux.process;
