package gantry.linux.seccomp;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import gantry.linux.KernelVersion;
import gantry.linux.seccomp.SeccompRule.Condition;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Reads the JSON of a profile; notes every problem with the path of its field, and throws at the
/// end. Fields it does not know are ignored, as Docker does.
///
/// Source: moby's profile format (a superset of OCI runtime-spec 1.2, `config-linux.md`,
/// "Seccomp").
final class ProfileReader {
  private static final int MAX_CHARACTERS = 1 << 20;
  private static final int MAX_ENTRIES = 4096;
  private static final int MAX_PROBLEMS = 20;
  private static final int EPERM = 1;

  private static final ObjectReader READER =
      JsonMapper.builder(
              new JsonFactoryBuilder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(16)
                          .maxStringLength(4096)
                          .maxNumberLength(32)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .build()
          .readerFor(JsonNode.class)
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /// Names of the specification for machines that Gantry does not run on: known, and never met.
  private static final Set<String> FOREIGN_ARCHES =
      Set.of(
          "SCMP_ARCH_MIPS",
          "SCMP_ARCH_MIPS64",
          "SCMP_ARCH_MIPS64N32",
          "SCMP_ARCH_MIPSEL",
          "SCMP_ARCH_MIPSEL64",
          "SCMP_ARCH_MIPSEL64N32",
          "SCMP_ARCH_PPC",
          "SCMP_ARCH_PPC64",
          "SCMP_ARCH_PPC64LE",
          "SCMP_ARCH_S390",
          "SCMP_ARCH_S390X",
          "SCMP_ARCH_PARISC",
          "SCMP_ARCH_PARISC64",
          "SCMP_ARCH_RISCV64",
          "SCMP_ARCH_LOONGARCH64",
          "SCMP_ARCH_M68K",
          "SCMP_ARCH_SH",
          "SCMP_ARCH_SHEB");

  private static final Set<String> ACTIONS =
      Set.of(
          "SCMP_ACT_ALLOW",
          "SCMP_ACT_ERRNO",
          "SCMP_ACT_KILL",
          "SCMP_ACT_KILL_PROCESS",
          "SCMP_ACT_KILL_THREAD",
          "SCMP_ACT_LOG",
          "SCMP_ACT_NOTIFY",
          "SCMP_ACT_TRACE",
          "SCMP_ACT_TRAP");

  private final List<String> problems = new ArrayList<>();

  private ProfileReader() {}

  static SeccompProfile read(String json) {
    if (json.length() > MAX_CHARACTERS) {
      throw new IllegalArgumentException(
          "seccomp profile has %d characters; at most %d are read"
              .formatted(json.length(), MAX_CHARACTERS));
    }
    ProfileReader reader = new ProfileReader();
    SeccompProfile profile = reader.profile(document(json));
    if (!reader.problems.isEmpty()) {
      throw new IllegalArgumentException(
          "seccomp profile is invalid: " + String.join("; ", reader.problems));
    }
    return profile;
  }

  private static JsonNode document(String json) {
    JsonNode root;
    try {
      root = READER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "seccomp profile is not JSON: " + e.getOriginalMessage(), e);
    }
    if (!root.isObject()) {
      throw new IllegalArgumentException("seccomp profile is not a JSON object");
    }
    return root;
  }

  private SeccompProfile profile(JsonNode root) {
    List<SeccompRule> rules = list(root, "syscalls", "", this::rule);
    if (root.path("architectures").size() > 0 && root.path("archMap").size() > 0) {
      problem("architectures", "both 'architectures' and 'archMap' are given; use one of them");
    }
    return new SeccompProfile(
        defaultAction(root, rules),
        architectures(strings(root, "architectures", ""), "architectures"),
        archMap(root),
        flags(root),
        rules);
  }

  /// Without an action and without rules nothing is filtered, as with Docker.
  private SeccompAction defaultAction(JsonNode root, List<SeccompRule> rules) {
    if (text(root, "defaultAction", "").isEmpty() && rules.isEmpty()) {
      return new SeccompAction.Allow();
    }
    SeccompAction action = action(root, "defaultAction", "defaultErrnoRet", "");
    if (action instanceof SeccompAction.Notify) {
      problem("defaultAction", "SCMP_ACT_NOTIFY cannot be the default");
    }
    return action;
  }

  private SeccompAction action(JsonNode node, String field, String numberField, String at) {
    String name = text(node, field, at);
    int number = errnoNumber(node, numberField, at, name.equals("SCMP_ACT_TRACE") ? 0xffff : 4095);
    return switch (name) {
      case "SCMP_ACT_ALLOW" -> new SeccompAction.Allow();
      case "SCMP_ACT_ERRNO" -> new SeccompAction.Errno(number);
      case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD" -> new SeccompAction.KillThread();
      case "SCMP_ACT_KILL_PROCESS" -> new SeccompAction.KillProcess();
      case "SCMP_ACT_LOG" -> new SeccompAction.Log();
      case "SCMP_ACT_NOTIFY" -> new SeccompAction.Notify();
      case "SCMP_ACT_TRACE" -> new SeccompAction.Trace(number);
      case "SCMP_ACT_TRAP" -> new SeccompAction.Trap();
      default -> {
        problem(at + field, unknown("action", name, ACTIONS));
        yield new SeccompAction.KillProcess();
      }
    };
  }

  private int errnoNumber(JsonNode node, String field, String at, int largest) {
    JsonNode value = node.path(field);
    if (absent(value)) {
      return EPERM;
    }
    if (!value.canConvertToInt() || value.intValue() < 0 || value.intValue() > largest) {
      problem(at + field, "expected a number from 0 to %d, got %s".formatted(largest, value));
      return EPERM;
    }
    return value.intValue();
  }

  private SeccompRule rule(JsonNode node, String at) {
    return new SeccompRule(
        names(node, at),
        action(node, "action", "errnoRet", at),
        list(node, "args", at, this::argument),
        text(node, "comment", at),
        condition(node, "includes", at),
        condition(node, "excludes", at));
  }

  private List<String> names(JsonNode node, String at) {
    List<String> names = strings(node, "names", at);
    String single = text(node, "name", at);
    if (!single.isEmpty() && !names.isEmpty()) {
      problem(at + "name", "both 'name' and 'names' are given; use one of them");
    }
    if (single.isEmpty() && names.isEmpty()) {
      problem(at + "names", "no system call is named");
    }
    if (names.contains("")) {
      problem(at + "names", "an empty string is not a system call");
    }
    return single.isEmpty() ? names : List.of(single);
  }

  private ArgumentTest argument(JsonNode node, String at) {
    JsonNode index = node.path("index");
    if (!absent(index)
        && (!index.canConvertToInt() || index.intValue() < 0 || index.intValue() > 5)) {
      problem(at + "index", "expected an argument from 0 to 5, got %s".formatted(index));
      index = node.path("absent");
    }
    return new ArgumentTest(
        index.intValue(),
        operator(node, at),
        unsigned(node, "value", at),
        unsigned(node, "valueTwo", at));
  }

  private ArgumentTest.Operator operator(JsonNode node, String at) {
    String name = text(node, "op", at);
    for (ArgumentTest.Operator operator : ArgumentTest.Operator.values()) {
      if (operator.ociName().equals(name)) {
        return operator;
      }
    }
    problem(
        at + "op",
        unknown(
            "operator",
            name,
            Arrays.stream(ArgumentTest.Operator.values())
                .map(ArgumentTest.Operator::ociName)
                .toList()));
    return ArgumentTest.Operator.EQUAL;
  }

  private long unsigned(JsonNode node, String field, String at) {
    JsonNode value = node.path(field);
    if (absent(value)) {
      return 0;
    }
    BigInteger number = value.isIntegralNumber() ? value.bigIntegerValue() : BigInteger.valueOf(-1);
    if (number.signum() < 0 || number.bitLength() > 64) {
      problem(at + field, "expected a number from 0 to 2^64-1, got %s".formatted(value));
    }
    return number.longValue();
  }

  private Condition condition(JsonNode node, String field, String at) {
    JsonNode value = node.path(field);
    if (absent(value)) {
      return Condition.NONE;
    }
    String path = at + field;
    if (!value.isObject()) {
      problem(path, "expected an object, got %s".formatted(kind(value)));
      return Condition.NONE;
    }
    return new Condition(
        strings(value, "caps", path + "."),
        strings(value, "arches", path + "."),
        minKernel(value, path + "."));
  }

  private Optional<KernelVersion> minKernel(JsonNode node, String at) {
    String text = text(node, "minKernel", at);
    try {
      return text.isEmpty() ? Optional.empty() : Optional.of(KernelVersion.parse(text));
    } catch (IllegalArgumentException e) {
      problem(at + "minKernel", String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private Map<SeccompArch, Set<SeccompArch>> archMap(JsonNode root) {
    Map<SeccompArch, Set<SeccompArch>> result = new EnumMap<>(SeccompArch.class);
    list(
        root,
        "archMap",
        "",
        (node, at) -> {
          String name = text(node, "architecture", at);
          Set<SeccompArch> own = architectures(List.of(name), at + "architecture");
          Set<SeccompArch> subs =
              architectures(strings(node, "subArchitectures", at), at + "subArchitectures");
          own.forEach(arch -> result.putIfAbsent(arch, subs)); // Docker takes the first
          return name;
        });
    return result;
  }

  private Set<SeccompArch> architectures(List<String> names, String at) {
    Set<SeccompArch> result = EnumSet.noneOf(SeccompArch.class);
    for (String name : names) {
      Optional<SeccompArch> arch = SeccompArch.ofOciName(name);
      arch.ifPresent(result::add);
      if (arch.isEmpty() && !FOREIGN_ARCHES.contains(name)) {
        problem(at, "unknown architecture '%s'; expected e.g. 'SCMP_ARCH_X86_64'".formatted(name));
      }
    }
    return result;
  }

  private Set<SeccompProfile.Flag> flags(JsonNode root) {
    Set<SeccompProfile.Flag> result = new HashSet<>();
    for (String name : strings(root, "flags", "")) {
      Optional<SeccompProfile.Flag> flag =
          Arrays.stream(SeccompProfile.Flag.values())
              .filter(f -> f.ociName().equals(name))
              .findFirst();
      flag.ifPresent(result::add);
      if (flag.isEmpty()) {
        problem("flags", "unknown flag '%s'".formatted(name));
      }
    }
    return result;
  }

  // JSON

  private interface Element<T> {
    T read(JsonNode node, String at);
  }

  private <T> List<T> list(JsonNode node, String field, String at, Element<T> element) {
    JsonNode array = array(node, field, at);
    List<T> result = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      String path = at + field + "[" + i + "]";
      if (array.get(i).isObject()) {
        result.add(element.read(array.get(i), path + "."));
      } else {
        problem(path, "expected an object, got %s".formatted(kind(array.get(i))));
      }
    }
    return result;
  }

  private List<String> strings(JsonNode node, String field, String at) {
    JsonNode array = array(node, field, at);
    List<String> result = new ArrayList<>();
    for (int i = 0; i < array.size(); i++) {
      if (array.get(i).isTextual()) {
        result.add(array.get(i).textValue());
      } else {
        problem(
            at + field + "[" + i + "]", "expected a string, got %s".formatted(kind(array.get(i))));
      }
    }
    return result;
  }

  private JsonNode array(JsonNode node, String field, String at) {
    JsonNode value = node.path(field);
    if (absent(value)) {
      return emptyArray();
    }
    if (!value.isArray() || value.size() > MAX_ENTRIES) {
      problem(
          at + field,
          value.isArray()
              ? "%d entries; at most %d are read".formatted(value.size(), MAX_ENTRIES)
              : "expected an array, got %s".formatted(kind(value)));
      return emptyArray();
    }
    return value;
  }

  private static JsonNode emptyArray() {
    return JsonNodeFactory.instance.arrayNode();
  }

  private String text(JsonNode node, String field, String at) {
    JsonNode value = node.path(field);
    if (absent(value)) {
      return "";
    }
    if (!value.isTextual()) {
      problem(at + field, "expected a string, got %s".formatted(kind(value)));
      return "";
    }
    return value.textValue();
  }

  private void problem(String path, String what) {
    if (problems.size() < MAX_PROBLEMS) {
      problems.add(path + ": " + what);
    }
  }

  private static boolean absent(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }

  private static String kind(JsonNode value) {
    return value.getNodeType().name().toLowerCase(Locale.ROOT);
  }

  private static String unknown(String what, String name, Collection<String> known) {
    return "unknown %s '%s'; expected one of %s"
        .formatted(what, name, String.join(", ", known.stream().sorted().toList()));
  }
}
