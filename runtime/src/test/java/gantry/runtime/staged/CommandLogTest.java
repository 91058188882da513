package gantry.runtime.staged;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.runtime.LaunchException.Kind;
import org.junit.jupiter.api.Test;

class CommandLogTest {

  @Test
  void kind_wordsOfCrunAndRunc_areUnderstood() {
    assertThat(CommandLog.kind("executable file `nosuch` not found in $PATH: No such file"))
        .isEqualTo(Kind.COMMAND_NOT_FOUND);
    assertThat(CommandLog.kind("exec: \"x\": executable file not found in $PATH"))
        .isEqualTo(Kind.COMMAND_NOT_FOUND);
    assertThat(CommandLog.kind("exec: \"/etc\": is a directory"))
        .isEqualTo(Kind.COMMAND_NOT_EXECUTABLE);
    assertThat(CommandLog.kind("cannot set limits")).isEqualTo(Kind.CONFIG);
  }
}
