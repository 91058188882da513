/// Trees of files between this machine and a container: where they land, and how they are packed.
package gantry.cli.copy;
