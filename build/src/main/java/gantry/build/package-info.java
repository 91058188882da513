/// Builds: what is asked for, what comes of it, and what is told on the way.
package gantry.build;
