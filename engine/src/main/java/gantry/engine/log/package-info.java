/// Containers' output as it is kept: Docker's `json-file` log, written and read by the megabyte.
package gantry.engine.log;
