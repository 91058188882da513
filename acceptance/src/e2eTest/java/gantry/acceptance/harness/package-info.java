/// What the acceptance tests drive engines with: daemons on scratch folders, the command line
/// client, raw HTTP.
@org.jspecify.annotations.NullMarked
package gantry.acceptance.harness;
