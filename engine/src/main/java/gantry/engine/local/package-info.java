/// The engine of this machine: what joins images, networks and the runtime to containers.
package gantry.engine.local;
