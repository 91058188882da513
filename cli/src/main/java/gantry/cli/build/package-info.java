/// `build` and `builder`: what is asked for, how it gets to the daemon, and how a build is shown.
package gantry.cli.build;
