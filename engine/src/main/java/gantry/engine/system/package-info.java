/// The engine itself and its machine.
package gantry.engine.system;
