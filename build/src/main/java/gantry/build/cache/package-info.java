/// What builds keep for later ones: results of steps by the digest of what they were made of, and
/// directories for `RUN --mount=type=cache`.
package gantry.build.cache;
