package gantry.cli.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.cli.json.Json;
import gantry.cli.template.Template.Missing;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Templates over a container's description; the expectations are what `docker inspect -f` printed
/// for them.
class TemplateTest {

  private static final String CONTAINER =
      """
      {"Id":"abc","Name":"/one","Size":1234,"State":{"Status":"running","Running":true,"Pid":7},
       "Config":{"Labels":{"a":"b","c":"<x&y>"},"Cmd":["sleep","9"],"Env":null,"Volumes":null},
       "HostConfig":{"LogConfig":{"Type":"json-file","Config":{}},"Binds":["/a:/b"],"PidsLimit":null},
       "NetworkSettings":{"Networks":{"bridge":{"IPAddress":"172.17.0.2"}},
         "Ports":{"70/tcp":null,"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}]}},
       "IPAM":{"Driver":"default","Options":{"z":"1","a":"2"},"Config":[{"Subnet":"10.0.0.0/8"}]},
       "Mounts":[{"Type":"bind","Destination":"/t"},{"Type":"volume","Destination":"/v"}]}
      """;

  private static String run(String template) throws IOException {
    return Template.parse(template).execute(Json.parse(CONTAINER), Missing.ERROR);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      ignoreLeadingAndTrailingWhitespace = false,
      quoteCharacter = '\0',
      value = {
        "{{.Id}} {{.ID}} {{.State.Pid}} {{.State.Running}}~abc abc 7 true",
        "{{json .Config.Labels}} {{.Config.Labels}}~{\"a\":\"b\",\"c\":\"<x&y>\"} map[a:b c:<x&y>]",
        "{{json .NetworkSettings}}~{\"Networks\":{\"bridge\":{\"IPAddress\":\"172.17.0.2\"}},\"Ports\":{\"70/tcp\":null,\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"}]}}",
        "{{json .IPAM}}~{\"Driver\":\"default\",\"Options\":{\"a\":\"2\",\"z\":\"1\"},\"Config\":[{\"Subnet\":\"10.0.0.0/8\"}]}",
        "{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}} {{.AuxiliaryAddresses}}{{end}}~10.0.0.0/8  map[]",
        "{{.HostConfig.LogConfig}} {{.HostConfig.Binds}} {{.HostConfig.PidsLimit}}~{json-file map[]} [/a:/b] <nil>",
        "{{.Config.Env}} {{.Config.Volumes}}~[] map[]",
        "{{.NetworkSettings.Ports}}~map[70/tcp:[] 80/tcp:[{0.0.0.0 8080}]]",
        "{{(index (index .NetworkSettings.Ports \"80/tcp\") 0).HostPort}}~8080",
        "{{range $k, $v := .NetworkSettings.Networks}}{{$k}}={{$v.IPAddress}};{{end}}~bridge=172.17.0.2;",
        "{{range $i, $m := .Mounts}}{{if $i}},{{end}}{{$m.Type}}{{end}}~bind,volume",
        "{{range .Mounts}}{{if eq .Type \"bind\"}}{{continue}}{{end}}{{.Type}}{{end}}~volume",
        "{{range .Mounts}}{{.Type}}{{break}}{{end}}~bind",
        "{{range .Config.Env}}x{{else}}none{{end}}~none",
        "{{.Config.Labels.nope}}|{{index .Config.Labels \"nope\"}}~<no value>|",
        "{{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}}~-",
        "{{if eq .State.Status \"exited\"}}a{{else if eq .State.Status \"running\" \"x\"}}b{{else}}c{{end}}~b",
        "{{with .State}}{{.Status}} {{$.Id}}{{end}}~running abc",
        "{{and true .State.Running}} {{or \"\" \"x\"}} {{not .State.Running}}~true x false",
        "{{lt .Size 2000}} {{ge .Size 1234}} {{ne .Id \"abc\"}}~true true false",
        "{{upper .Name}} {{lower \"AB\"}} {{title \"ab cd\"}} {{len .Mounts}}~/ONE ab Ab Cd 2",
        "{{join .Config.Cmd \",\"}} {{split \"a,b\" \",\"}} {{index (split \"a,b\" \",\") 1}}~sleep,9 [a b] b",
        "{{.Id | printf \"%q %s\" \"x\"}} {{printf \"%5d|%-5s|%.1f\" 7 \"a\" 2.25}}~\"x\" abc     7|a    |2.2",
        "{{truncate .State.Status 3}}{{pad \"x\" 1 2}}.~run x  .",
        "a {{- \" b \" -}} c~a b c",
        "{{/* nothing */}}{{\"\\t\"}}|{{`raw\\t`}}~\t|raw\\t",
        "{{$x := .Id}}{{$x}}{{$x = \"y\"}}{{$x}}~abcy",
        "{{println .Id 1}}~abc 1\\n",
        "{{slice .Id 1 2}} {{html \"<a>\"}}~b &lt;a&gt;"
      })
  void execute_likeGo(String template, String expected) throws IOException {
    assertThat(run(template)).isEqualTo(expected.replace("\\n", "\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '\0',
      value = {
        "{{.Id~template: :1: unclosed action",
        "{{nosuch .Id}}~template: :1: function \"nosuch\" not defined",
        "{{if .Id}}x~template: :1: unexpected EOF",
        "{{end}}~template: :1: unexpected {{end}}",
        "{{if}}x{{end}}~template: :1: missing value for if",
        "{{\"a}}~template: :1: unterminated quoted string",
        "{{continue}}~template: :1: {{continue}} outside {{range}}",
        "{{range .Mounts}}{{else}}{{break}}{{end}}~template: :1: {{break}} outside {{range}}",
        "{{''}}~template: :1: invalid syntax",
        "{{'ab'}}~template: :1: malformed character constant: 'ab'",
        "{{'a}}~template: :1: unterminated character constant",
        "{{(.Id}}~template: :1: unclosed left paren"
      })
  void parse_wrong_hasGosWords(String template, String message) {
    assertThatThrownBy(() -> Template.parse(template))
        .isInstanceOf(TemplateException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "{{.Nope}}~template: :1:2: executing \"\" at <.Nope>: map has no entry for key \"Nope\"",
        "x {{.State.Nope}}~template: :1:10: executing \"\" at <.State.Nope>: map has no entry for key \"Nope\"",
        "{{.State.Health.Status}}~template: :1:8: executing \"\" at <.State.Health.Status>: map has no entry for key \"Health\"",
        "{{index .Mounts 9}}~template: :1:2: executing \"\" at <index .Mounts 9>: error calling index: index out of range: 9",
        "{{slice .Id 99}}~template: :1:2: executing \"\" at <slice .Id 99>: error calling slice: index out of range: 99",
        "{{slice .Id 2 1}}~template: :1:2: executing \"\" at <slice .Id 2 1>: error calling slice: invalid slice index: 2 > 1",
        "{{slice .Mounts 0 9}}~template: :1:2: executing \"\" at <slice .Mounts 0 9>: error calling slice: index out of range: 9"
      })
  void execute_wrong_hasGosWords(String template, String message) {
    assertThatThrownBy(() -> run(template))
        .isInstanceOf(TemplateException.class)
        .hasMessage(message);
  }

  @Test
  void execute_missingInLists_isNoValue() throws IOException {
    assertThat(Template.parse("{{.Nope}}").execute(Json.parse("{}"), Missing.NO_VALUE))
        .isEqualTo("<no value>");
  }
}
