/// Waiting for many descriptors on one thread.
package gantry.linux.event;
