/// The data formats of images and runtimes as immutable records; no I/O.
package gantry.oci;
