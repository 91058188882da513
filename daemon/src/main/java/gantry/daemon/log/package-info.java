/// The daemon's log: SLF4J onto standard error, one line each, in dockerd's form.
package gantry.daemon.log;
