/// Solves builds: stages become a graph, what the target needs is done, each step once.
package gantry.build.solve;
