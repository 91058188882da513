package gantry.cli.http;

import java.nio.file.Path;
import java.util.Optional;

/// The keys and certificates of a connection by TLS, as PEM files.
///
/// @param verify whether the daemon must prove that it is who it was called
/// @param ca whom to trust; without it, whom this Java trusts
/// @param certificate ours, if the daemon is to know us
/// @param key to our certificate
public record TlsFiles(
    boolean verify, Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {}
