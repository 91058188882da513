/// Programs' standard streams: from the pipe to the log and to all who are attached, and back.
package gantry.engine.stdio;
