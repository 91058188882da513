package gantry.build.context;

import static java.nio.charset.StandardCharsets.UTF_8;

import gantry.build.BuildException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;

/// Fetches from a git repository with the machine's `git`, of which neither the system's nor
/// anybody's configuration is read: no hooks, no questions, no protocols but those of
/// [GitReference].
final class GitRepository {
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
  private static final int OUTPUT_MAX = 64 * 1024;
  private static final int TOLD_MAX = 2000;

  private final GitReference reference;
  private final GitAccess access;
  private final Path directory;
  private final String protocols;

  /// @param directory an empty one of our own, reachable by this path
  /// @param protocols those that git may use, with colons between
  GitRepository(GitReference reference, GitAccess access, Path directory, String protocols) {
    this.reference = reference;
    this.access = access;
    this.directory = directory;
    this.protocols = protocols;
  }

  /// Fetches and checks out; returns the commit.
  String checkOut() {
    git("init", "--quiet", "--initial-branch=main", ".");
    git("remote", "add", "origin", reference.remote());
    fetch();
    String commit = git("rev-parse", "--verify", "FETCH_HEAD^{commit}").strip();
    reference
        .commit()
        .filter(expected -> !commit.startsWith(expected))
        .ifPresent(
            expected -> {
              throw BuildException.invalid(
                  "expected checksum to match %s, got %s".formatted(expected, commit));
            });
    git("checkout", "--quiet", "--detach", commit);
    if (reference.submodules()) {
      git("submodule", "update", "--init", "--recursive", "--depth=1", "--quiet");
    }
    return commit;
  }

  /// The one commit that is meant; a server may refuse to give a commit by itself, then it is found
  /// among all that it has.
  private void fetch() {
    String name = reference.reference().orElse("HEAD");
    boolean commit = COMMIT.matcher(name).matches();
    if (tried("fetch", "--quiet", "--depth=1", "--no-tags", "origin", name).isPresent()) {
      return;
    }
    if (!commit) {
      git("fetch", "--quiet", "--no-tags", "origin", name); // says what is wrong, if not the depth
      return;
    }
    git("fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*");
    git("update-ref", "--no-deref", "FETCH_HEAD", name);
  }

  private Optional<String> tried(String... arguments) {
    Result result = run(arguments);
    return result.code() == 0 ? Optional.of(result.output()) : Optional.empty();
  }

  private String git(String... arguments) {
    Result result = run(arguments);
    if (result.code() != 0) {
      String output = result.output().strip();
      throw BuildException.invalid(
          "cannot fetch git repository %s: git %s ended with %d: %s"
              .formatted(
                  reference,
                  arguments[0],
                  result.code(),
                  output.substring(0, Math.min(TOLD_MAX, output.length()))));
    }
    return result.output();
  }

  private record Result(int code, String output) {}

  private Result run(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "git",
                "-c",
                "core.hooksPath=/dev/null",
                "-c",
                "core.fsmonitor=false",
                "-c",
                "credential.helper=",
                "-c",
                "transfer.fsckObjects=true",
                "-c",
                "submodule.fetchJobs=2",
                "-c",
                "safe.directory=*"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectInput(new File("/dev/null"));
    environment(builder.environment());
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new BuildException(
          BuildException.Kind.INVALID,
          "cannot fetch git repository %s: cannot run 'git' on the engine's machine, is it installed? (%s)"
              .formatted(reference, e.getMessage()),
          e);
    }
    return finished(process);
  }

  /// Waits in a way that an interrupt ends, which reading is not.
  private static Result finished(Process process) {
    CompletableFuture<String> output = new CompletableFuture<>();
    Thread.ofVirtual().name("build-git").start(() -> output.complete(read(process)));
    try {
      int code = process.waitFor();
      return new Result(code, output.get());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildException(BuildException.Kind.CANCELLED, "the build was given up", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static String read(Process process) {
    try (InputStream output = process.getInputStream()) {
      byte[] bytes = output.readNBytes(OUTPUT_MAX);
      output.transferTo(OutputStream.nullOutputStream());
      return new String(bytes, UTF_8);
    } catch (IOException e) {
      return "cannot read what it says: " + e;
    }
  }

  private void environment(Map<String, String> environment) {
    String path = environment.getOrDefault("PATH", "/usr/bin:/bin");
    environment.clear();
    environment.put("PATH", path);
    environment.put("LC_ALL", "C.UTF-8");
    environment.put("HOME", "/dev/null");
    environment.put("GIT_CONFIG_NOSYSTEM", "1");
    environment.put("GIT_CONFIG_GLOBAL", "/dev/null");
    environment.put("GIT_TERMINAL_PROMPT", "0");
    environment.put("GIT_ASKPASS", "/bin/false");
    environment.put("GIT_ALLOW_PROTOCOL", protocols);
    environment.put("GIT_LFS_SKIP_SMUDGE", "1");
    environment.put("GIT_TEMPLATE_DIR", "");
    environment.put(
        "GIT_SSH_COMMAND",
        "ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=accept-new"
            + " -o UserKnownHostsFile=/dev/null");
    access.sshAgent().ifPresent(socket -> environment.put("SSH_AUTH_SOCK", socket.toString()));
    access.token().ifPresent(token -> authorise(environment, token));
  }

  /// By the environment, as every process may read the arguments of all others; and for the host of
  /// the repository alone, not those of its submodules.
  private void authorise(Map<String, String> environment, String token) {
    String basic = Base64.getEncoder().encodeToString(("x-access-token:" + token).getBytes(UTF_8));
    String host = reference.remote().replaceFirst("(?i)^(https?://)([^/@]*@)?([^/]*)/.*", "$1$3/");
    environment.put("GIT_CONFIG_COUNT", "1");
    environment.put("GIT_CONFIG_KEY_0", "http.%s.extraHeader".formatted(host));
    environment.put("GIT_CONFIG_VALUE_0", "Authorization: Basic " + basic);
  }
}
