/// Images as a user sees them.
package gantry.engine.image;
