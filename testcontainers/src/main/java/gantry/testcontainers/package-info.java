/// Testcontainers without Docker: a test's containers are run by an engine in the test's own
/// virtual machine. Nothing here is called by users; Testcontainers finds it on the class path.
package gantry.testcontainers;
