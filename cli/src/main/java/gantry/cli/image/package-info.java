/// The commands on images.
package gantry.cli.image;
