/// Filters of system calls: profiles as Docker and OCI write them, compiled to classic BPF.
package gantry.linux.seccomp;
