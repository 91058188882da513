/// Programs for the kernel's virtual machines: classic BPF for seccomp, eBPF for device rules.
package gantry.linux.bpf;
