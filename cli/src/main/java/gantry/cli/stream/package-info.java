/// Bytes between the user and a container: attached streams, their frames, and the progress of long
/// calls.
package gantry.cli.stream;
