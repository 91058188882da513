/// From the flags of `run` and `create` to the body of the API's create call.
///
/// Each class reads one notation of Docker's: ports, volumes, mounts, networks, devices. What it
/// refuses, it refuses with Docker's words, as an [IllegalArgumentException].
package gantry.cli.create;
