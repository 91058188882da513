package gantry.cli.flag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class FlagParserTest {

  private static final List<Flag> FLAGS =
      List.of(
          Flag.bool("all", 'a', ""),
          Flag.bool("quiet", 'q', ""),
          Flag.of(FlagType.INT, "last", 'n', "").preset("-1"),
          Flag.list("env", 'e', ""),
          Flag.of(FlagType.STRINGS, "platform", ""),
          Flag.text("name", ""));

  private static FlagParser.Result parse(String... arguments) {
    return FlagParser.parse(FLAGS, true, List.of(arguments));
  }

  @Test
  void parse_valueForms_areAllRead() {
    assertThat(parse("-n5").flags().number("last")).isEqualTo(5);
    assertThat(parse("-n=5").flags().number("last")).isEqualTo(5);
    assertThat(parse("-n", "-5").flags().number("last")).isEqualTo(-5);
    assertThat(parse("--last=0x10").flags().number("last")).isEqualTo(16);
    assertThat(parse("-aqn", "7", "x").flags().number("last")).isEqualTo(7);
    assertThat(parse("--name=").flags().changed("name")).isTrue();
    assertThat(parse().flags().number("last")).isEqualTo(-1);
  }

  @Test
  void parse_switches_takeTheirValueOnlyBehindEquals() {
    FlagParser.Result result = parse("-a", "false", "--quiet=false");
    assertThat(result.flags().bool("all")).isTrue();
    assertThat(result.flags().bool("quiet")).isFalse();
    assertThat(result.arguments()).containsExactly("false");
  }

  @Test
  void parse_repeated_collectsOrKeepsTheLast() {
    FlagParser.Result result =
        parse(
            "-e",
            "A=1",
            "--env=B",
            "--name",
            "x",
            "--name",
            "y",
            "--platform",
            "a,b",
            "--platform",
            "c");
    assertThat(result.flags().list("env")).containsExactly("A=1", "B");
    assertThat(result.flags().text("name")).isEqualTo("y");
    assertThat(result.flags().list("platform")).containsExactly("a", "b", "c");
  }

  @Test
  void parse_interspersed_readsFlagsBehindArguments() {
    FlagParser.Result result = parse("one", "-a", "-", "--", "-q");
    assertThat(result.flags().bool("all")).isTrue();
    assertThat(result.flags().bool("quiet")).isFalse();
    assertThat(result.arguments()).containsExactly("one", "-", "-q");
  }

  @Test
  void parse_notInterspersed_stopsAtTheFirstArgument() {
    FlagParser.Result result =
        FlagParser.parse(FLAGS, false, List.of("-q", "image", "-a", "--nosuch"));
    assertThat(result.flags().bool("all")).isFalse();
    assertThat(result.arguments()).containsExactly("image", "-a", "--nosuch");
  }

  @Test
  void parse_help_isSeenAmongOthers() {
    assertThat(parse("-a", "--help", "x").help()).isTrue();
    assertThat(parse("-ah").help()).isTrue();
    assertThat(parse("-a").help()).isFalse();
  }

  @Test
  void parse_wrong_hasPflagsWords() {
    refused("unknown flag: --nosuch", "--nosuch=1");
    refused("unknown shorthand flag: 'Z' in -Zq", "-aZq");
    refused("flag needs an argument: --last", "--last");
    refused("flag needs an argument: 'n' in -n", "-an");
    refused("bad flag syntax: --=x", "--=x");
    refused(
        "invalid argument \"x\" for \"-n, --last\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
        "-nx");
    refused(
        "invalid argument \"maybe\" for \"-a, --all\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
        "--all=maybe");
  }

  private static void refused(String message, String... arguments) {
    assertThatThrownBy(() -> parse(arguments))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
