/// The Docker Engine API, versions 1.24 to 1.51: requests decoded into the engine's terms, its
/// answers encoded in Docker's JSON. Docker's shapes are known here and nowhere else.
package gantry.daemon.api;
