/// The domain: containers, images, networks and volumes as a user sees them.
package gantry.engine;
