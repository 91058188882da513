package gantry.build.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.build.BuildException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GitReferenceTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      nullValues = "-",
      value = {
        "https://github.com/moby/buildkit.git https://github.com/moby/buildkit.git - -",
        "https://github.com/moby/buildkit.git#v1:docs/x https://github.com/moby/buildkit.git v1"
            + " docs/x",
        "https://host/r.git#:/docs/ https://host/r.git - docs",
        "https://host/r.git?branch=main&subdir=docs https://host/r.git refs/heads/main docs",
        "https://host/r.git?tag=v1#:docs https://host/r.git refs/tags/v1 docs",
        "git@github.com:moby/buildkit.git#main git@github.com:moby/buildkit.git main -",
        "git@host:path git@host:path - -",
        "ssh://git@host/repo#a ssh://git@host/repo a -",
        "git://host/repo git://host/repo - -",
        "github.com/moby/buildkit#x https://github.com/moby/buildkit x -",
      })
  void parse_repository_isTakenApart(String text, String remote, String name, String directory) {
    GitReference reference = GitReference.parse(text).orElseThrow();
    assertThat(reference.remote()).isEqualTo(remote);
    assertThat(reference.reference()).isEqualTo(Optional.ofNullable(name));
    assertThat(reference.subdirectory()).isEqualTo(directory == null ? "" : directory);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "src",
        "./a.git",
        "https://host/file.tar.gz",
        "https://host/a?x=.git",
        "file:///r.git",
        "ext::sh -c x",
        "C:/x",
        "/git@host:x"
      })
  void parse_somethingElse_isNone(String text) {
    assertThat(GitReference.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://-oProxyCommand=x/r.git",
        "https://host/r.git#--upload-pack=x",
        "https://host/r.git#a:../x",
        "https://host/r.git?subdir=a/../../x",
        "https://host/r.git?what=1",
        "https://host/r.git?branch=a#b",
        "https://host/r.git?commit=xyz",
        "https://host/r.git?keep-git-dir=maybe",
        "https://host/r.git?tag=%zz",
        "https://host/r.git#a b",
        "https:///r.git",
      })
  void parse_wrong_isRefused(String text) {
    assertThatThrownBy(() -> GitReference.parse(text)).isInstanceOf(BuildException.class);
  }

  @Test
  void parse_options_areRead() {
    GitReference reference =
        GitReference.parse(
                "https://host/r.git?tag=v1&checksum=0123abc&keep-git-dir=true&submodules=false")
            .orElseThrow();
    assertThat(reference.commit()).contains("0123abc");
    assertThat(reference.keepGitDirectory()).isTrue();
    assertThat(reference.submodules()).isFalse();
  }

  @Test
  void toString_password_isNotThere() {
    assertThat(GitReference.parse("https://me:secret@host/r.git#x").orElseThrow())
        .hasToString("https://host/r.git#x");
  }
}
