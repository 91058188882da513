/// What happened, and what happens.
package gantry.engine.event;
