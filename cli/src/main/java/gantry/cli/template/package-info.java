/// The part of Go's `text/template` that `--format` users write, with Docker's functions and Go's
/// words for errors.
package gantry.cli.template;
