/// JSON without binding: values as plain objects that keep the order of what was read, written as
/// Go's encoder writes them.
package gantry.cli.json;
