package gantry.build.context;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import gantry.build.BuildException;
import java.util.List;

/// Foreign text is a pattern, a repository, a mode, a manifest, or refused; and takes no time.
class ContextFuzzTest {
  @FuzzTest
  void ignoreRules(byte[] data) {
    String text = new String(data, UTF_8);
    try {
      IgnoreRules rules = IgnoreRules.parse(text, ".dockerignore");
      for (String path : List.of("a", "a/b/c", "node_modules/x.js", text.replace('\n', '/'))) {
        boolean excluded = rules.excludes(path);
        boolean parent = rules.excludes(TreePath.parent(path));
        if (parent && !excluded && path.contains("/") && !path.contains("//")) {
          check(rules.mayReinclude(TreePath.parent(path)), path);
        }
      }
    } catch (BuildException _) {
      // refused, as is right
    }
  }

  @FuzzTest
  void glob(byte[] data) {
    String text = new String(data, UTF_8);
    int cut = text.indexOf('\n');
    try {
      PathPattern pattern = PathPattern.ofGlob(text.substring(0, Math.max(cut, 0)));
      pattern.matches(text.substring(cut + 1));
    } catch (IllegalArgumentException _) {
      // refused, as is right
    }
    String clean = TreePath.clean(text);
    check(!("/" + clean + "/").contains("/../") && !clean.startsWith("/"), clean);
  }

  @FuzzTest
  void gitReference(byte[] data) {
    try {
      GitReference.parse(new String(data, UTF_8))
          .ifPresent(
              reference -> {
                check(!reference.remote().startsWith("-"), reference.remote());
                check(!reference.reference().orElse("").startsWith("-"), "reference");
                String directory = reference.subdirectory();
                check(!("/" + directory + "/").contains("/../"), directory);
              });
    } catch (BuildException _) {
      // refused, as is right
    }
  }

  @FuzzTest
  void modeChange(byte[] data) {
    try {
      int mode = ModeChange.parse(new String(data, UTF_8)).applied(0644, false);
      check((mode & ~07777) == 0, Integer.toOctalString(mode));
    } catch (BuildException _) {
      // refused, as is right
    }
  }

  @FuzzTest
  void manifest(byte[] data) {
    Manifest.decode(data)
        .ifPresent(
            manifest -> {
              Manifest again = Manifest.decode(manifest.encode()).orElseThrow();
              check(again.lines().equals(manifest.lines()), "read again");
            });
  }

  private static void check(boolean right, String what) {
    if (!right) {
      throw new AssertionError(what);
    }
  }
}
