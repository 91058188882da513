/// Containers as a user sees them: what was asked for, what is, and what can be done with them.
package gantry.engine.container;
