/// `context` and its commands: names for daemons.
package gantry.cli.context;
