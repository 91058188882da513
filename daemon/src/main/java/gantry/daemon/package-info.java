/// The Docker Engine API over HTTP, and the process that serves it.
package gantry.daemon;
