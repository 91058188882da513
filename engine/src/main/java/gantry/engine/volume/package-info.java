/// Directories that outlive containers.
package gantry.engine.volume;
