package gantry.cli.system;

import gantry.cli.api.DaemonException;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.flag.Arity;
import gantry.cli.format.Units;
import gantry.cli.json.Json;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.FormatFlag;
import gantry.cli.template.Template;
import gantry.cli.template.Template.Missing;
import gantry.cli.template.TemplateException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/// `info`.
public final class InfoCommand {

  public static final Command COMMAND =
      Command.of(
              "[OPTIONS]",
              "Display system-wide information",
              Arity.NONE,
              List.of(FormatFlag.forOne()),
              InfoCommand::run)
          .alias("system info", "info");

  private InfoCommand() {}

  private static int run(Session session, Invocation invocation) throws IOException {
    String format = invocation.flags().text("format");
    JsonObject info = JsonObject.EMPTY;
    String failure = "";
    try {
      info = session.daemon().get("/info");
    } catch (DaemonException e) {
      failure = e.getMessage();
    }
    if (!format.isEmpty()) {
      session.out().print(formatted(session, format, info, failure));
      return 0;
    }
    InfoText text = new InfoText();
    text.client(VersionCommand.client(session, ""));
    if (failure.isEmpty()) {
      text.server(info);
    }
    session.out().print(text);
    if (!failure.isEmpty()) {
      throw new CliException(failure);
    }
    for (String warning : info.texts("Warnings")) {
      session.complain(warning);
    }
    return 0;
  }

  private static String formatted(Session session, String format, JsonObject info, String failure)
      throws IOException {
    JsonObject all = JsonObject.create();
    all.members().putAll(info.members());
    JsonObject client = VersionCommand.client(session, "");
    client.members().remove("ApiVersion");
    JsonObject withDebug = JsonObject.create().put("Debug", false);
    withDebug.members().putAll(client.members());
    all.put("ClientInfo", withDebug.put("Plugins", List.of()).put("Warnings", JsonNull.NULL));
    if (!failure.isEmpty()) {
      all.put("ServerErrors", List.of(failure));
    }
    if (format.equals("json")) {
      return Json.write(all, Json.Escaping.PLAIN) + "\n";
    }
    try {
      return Template.parse(format).execute(all, Missing.ERROR) + "\n";
    } catch (TemplateException e) {
      session.println("");
      throw new CliException(e.getMessage());
    }
  }

  /// The text, section by section.
  private static final class InfoText {
    private final StringBuilder out = new StringBuilder();

    void client(JsonObject client) {
      out.append("Client:\n");
      line(" Version:    " + client.text("Version"));
      line(" Context:    " + client.text("Context"));
      line(" Debug Mode: false\n");
      line("Server:");
    }

    void server(JsonObject info) {
      counts(info);
      storage(info);
      plugins(info);
      runtimes(info);
      host(info);
      registries(info);
      line(" Live Restore Enabled: " + info.bool("LiveRestoreEnabled"));
      if (!info.text("ProductLicense").isEmpty()) {
        line(" Product License: " + info.text("ProductLicense"));
      }
      pools(info);
      out.append('\n');
    }

    private void counts(JsonObject info) {
      line(" Containers: " + info.number("Containers"));
      line("  Running: " + info.number("ContainersRunning"));
      line("  Paused: " + info.number("ContainersPaused"));
      line("  Stopped: " + info.number("ContainersStopped"));
      line(" Images: " + info.number("Images"));
      unlessEmpty(" Server Version: ", info.text("ServerVersion"));
    }

    private void storage(JsonObject info) {
      unlessEmpty(" Storage Driver: ", info.text("Driver"));
      for (Object pair : info.list("DriverStatus")) {
        if (pair instanceof List<?> texts && texts.size() == 2) {
          line("  " + texts.get(0) + ": " + texts.get(1));
        }
      }
      unlessEmpty(" Logging Driver: ", info.text("LoggingDriver"));
      unlessEmpty(" Cgroup Driver: ", info.text("CgroupDriver"));
      unlessEmpty(" Cgroup Version: ", info.text("CgroupVersion"));
    }

    private void plugins(JsonObject info) {
      JsonObject plugins = info.object("Plugins");
      line(" Plugins:");
      line("  Volume: " + String.join(" ", plugins.texts("Volume")));
      line("  Network: " + String.join(" ", plugins.texts("Network")));
      if (!plugins.texts("Authorization").isEmpty()) {
        line("  Authorization: " + String.join(" ", plugins.texts("Authorization")));
      }
      line("  Log: " + String.join(" ", plugins.texts("Log")));
      if (!info.texts("CDISpecDirs").isEmpty()) {
        line(" CDI spec directories:");
        info.texts("CDISpecDirs").forEach(directory -> line("  " + directory));
      }
      line(" Swarm: " + info.object("Swarm").text("LocalNodeState"));
    }

    private void runtimes(JsonObject info) {
      if (!info.object("Runtimes").members().isEmpty()) {
        line(
            " Runtimes: "
                + String.join(" ", new TreeSet<>(info.object("Runtimes").members().keySet())));
        line(" Default Runtime: " + info.text("DefaultRuntime"));
      }
      line(" Init Binary: " + info.text("InitBinary"));
      line(" containerd version: " + info.object("ContainerdCommit").text("ID"));
      line(" runc version: " + info.object("RuncCommit").text("ID"));
      line(" init version: " + info.object("InitCommit").text("ID"));
      List<String> options = info.texts("SecurityOptions");
      if (!options.isEmpty()) {
        line(" Security Options:");
        options.forEach(this::securityOption);
      }
    }

    /// `name=seccomp,profile=builtin`: the name on a line, what belongs to it below.
    private void securityOption(String option) {
      List<String> details = new ArrayList<>();
      for (String part : option.split(",", -1)) {
        int equals = part.indexOf('=');
        String key = equals < 0 ? "name" : part.substring(0, equals);
        String value = equals < 0 ? part : part.substring(equals + 1);
        if (key.equals("name")) {
          line("  " + value);
        } else if (key.equals("profile")) {
          details.add("   Profile: " + value);
        }
      }
      details.forEach(this::line);
    }

    private void host(JsonObject info) {
      unlessEmpty(" Kernel Version: ", info.text("KernelVersion"));
      unlessEmpty(" Operating System: ", info.text("OperatingSystem"));
      unlessEmpty(" OSType: ", info.text("OSType"));
      unlessEmpty(" Architecture: ", info.text("Architecture"));
      line(" CPUs: " + info.number("NCPU"));
      line(" Total Memory: " + Units.binarySize(info.real("MemTotal")));
      unlessEmpty(" Name: ", info.text("Name"));
      unlessEmpty(" ID: ", info.text("ID"));
      line(" Docker Root Dir: " + info.text("DockerRootDir"));
      line(" Debug Mode: " + info.bool("Debug"));
      unlessEmpty(" HTTP Proxy: ", info.text("HttpProxy"));
      unlessEmpty(" HTTPS Proxy: ", info.text("HttpsProxy"));
      unlessEmpty(" No Proxy: ", info.text("NoProxy"));
      if (!info.texts("Labels").isEmpty()) {
        line(" Labels:");
        info.texts("Labels").forEach(label -> line("  " + label));
      }
      line(" Experimental: " + info.bool("ExperimentalBuild"));
    }

    private void registries(JsonObject info) {
      JsonObject registries = info.object("RegistryConfig");
      List<String> insecure = new ArrayList<>();
      registries
          .object("IndexConfigs")
          .members()
          .forEach((name, value) -> addInsecure(insecure, name, value));
      insecure.addAll(registries.texts("InsecureRegistryCIDRs"));
      if (!insecure.isEmpty()) {
        line(" Insecure Registries:");
        insecure.forEach(registry -> line("  " + registry));
      }
      if (!registries.texts("Mirrors").isEmpty()) {
        line(" Registry Mirrors:");
        registries.texts("Mirrors").forEach(mirror -> line("  " + mirror));
      }
    }

    private static void addInsecure(List<String> insecure, String name, Object registry) {
      if (registry instanceof JsonObject object && !object.bool("Secure")) {
        insecure.add(name);
      }
    }

    private void pools(JsonObject info) {
      List<JsonObject> pools = info.objects("DefaultAddressPools");
      if (!pools.isEmpty()) {
        line(" Default Address Pools:");
        pools.forEach(
            pool -> line("   Base: " + pool.text("Base") + ", Size: " + pool.number("Size")));
      }
    }

    private void unlessEmpty(String name, String value) {
      if (!value.isEmpty()) {
        line(name + value);
      }
    }

    private void line(String text) {
      out.append(text).append('\n');
    }

    @Override
    public String toString() {
      return out.toString();
    }
  }
}
