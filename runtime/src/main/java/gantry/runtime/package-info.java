/// From a bundle to a process: compiles an OCI config into a launch plan, runs it, finds it again.
package gantry.runtime;
