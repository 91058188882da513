/// Containers as a user sees them: what one can ask for, what one is, what can be done with it.
package gantry.engine.container;
