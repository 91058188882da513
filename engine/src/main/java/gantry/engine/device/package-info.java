/// Devices that are asked for by name: what vendors' files (CDI) say a container needs to use them.
package gantry.engine.device;
