/// Whether containers work: what a check is, and what its results come to. Knows no processes and
/// no clock; the engine runs the probes.
package gantry.engine.health;
