/// How this module calls the kernel: the one native call, its scratch memory and the numbers of the
/// system calls. Not exported.
package gantry.linux.call;
