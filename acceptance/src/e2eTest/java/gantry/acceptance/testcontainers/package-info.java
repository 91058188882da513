/// Testcontainers, unchanged, on our engines: by `DOCKER_HOST`, by the socket that it finds, and in
/// the test's own virtual machine.
@org.jspecify.annotations.NullMarked
package gantry.acceptance.testcontainers;
