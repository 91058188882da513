package gantry.daemon;

import gantry.oci.Json;
import gantry.store.Administration;
import gantry.store.Store;
import gantry.store.StoreConfig;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URLEncoder;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `gantry store gc` and `gantry store robot`: asked of the Store that runs on this root, or done
/// here when none does. Prints the answer, in JSON.
final class StoreCommands {
  private StoreCommands() {}

  static int run(StoreOptions options) throws IOException {
    List<String> words = options.words();
    Map<String, String> parameters = new LinkedHashMap<>();
    String command =
        switch (String.join(" ", words.subList(0, Math.min(2, words.size())))) {
          case "gc" -> "POST /gc";
          case "robot ls" -> "GET /robots";
          case "robot create" -> "POST /robots";
          case "robot rm" -> "DELETE /robots";
          default ->
              throw new IllegalArgumentException(
                  "unknown command '" + String.join(" ", words) + "'; see gantry store --help");
        };
    if (words.size() > 2) {
      parameters.put("name", words.get(2));
    }
    for (String name : List.of("dry-run", "may", "repository", "days")) {
      options.find(name).ifPresent(value -> parameters.put(name, value));
    }
    Path socket = StoreServer.socket(options.root());
    return Files.exists(socket) && answers(socket)
        ? ask(socket, command, parameters)
        : carryOut(options, command, parameters);
  }

  private static boolean answers(Path socket) {
    try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return true;
    } catch (IOException _) {
      return false; // left behind by a Store that was killed
    }
  }

  private static int carryOut(StoreOptions options, String command, Map<String, String> parameters)
      throws IOException {
    StoreConfig config =
        options.has("config")
            ? StoreConfig.read(options.root(), Path.of(options.value("config", "")), false)
            : StoreConfig.of(options.root(), false);
    try (Store store = Store.open(config)) {
      Object answer =
          new Administration(store).answer(command, name -> parameters.getOrDefault(name, ""));
      print(Json.write(answer));
      return 0;
    }
  }

  private static int ask(Path socket, String command, Map<String, String> parameters)
      throws IOException {
    StringBuilder request = new StringBuilder(command).append('?');
    parameters.forEach(
        (name, value) ->
            request
                .append(name)
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8))
                .append('&'));
    request.append(" HTTP/1.0\r\n\r\n");
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      ByteBuffer bytes = ByteBuffer.wrap(request.toString().getBytes(StandardCharsets.US_ASCII));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      String response =
          new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
      int body = response.indexOf("\r\n\r\n");
      if (!response.startsWith("HTTP/1.1 200 ") || body < 0) {
        throw new IOException(
            body < 0 ? "the Store broke off its answer" : response.substring(body + 4));
      }
      print(response.substring(body + 4).getBytes(StandardCharsets.UTF_8));
      return 0;
    }
  }

  private static void print(byte[] json) throws IOException {
    Object document = Json.mapper().readValue(json, Object.class);
    System.out.println(Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(document));
  }
}
