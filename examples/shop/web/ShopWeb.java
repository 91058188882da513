import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.Executors;

/// The shop's web service: goods in PostgreSQL, visits counted in Redis.
///
/// `GET /` lists the goods and says which replica answered; `POST /orders?NAME` takes one of them
/// out of stock; `GET /health` is 200 while both databases answer.
public final class ShopWeb {
  private static final String HOST = System.getenv().getOrDefault("HOSTNAME", "?");
  private static final String GREETING = System.getenv().getOrDefault("GREETING", "Welcome");

  private ShopWeb() {}

  public static void main(String[] args) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.createContext("/", exchange -> answer(exchange, ShopWeb::front));
    server.createContext("/orders", exchange -> answer(exchange, ShopWeb::order));
    server.createContext("/health", exchange -> answer(exchange, ShopWeb::health));
    server.start();
    System.out.println("the shop is open on " + HOST);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(0)));
  }

  private interface Page {
    String text(HttpExchange exchange) throws IOException, SQLException;
  }

  private static void answer(HttpExchange exchange, Page page) throws IOException {
    String text;
    int status = 200;
    try {
      text = page.text(exchange);
    } catch (IOException | SQLException e) {
      status = 503;
      text = e + "\n";
    }
    System.out.println(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + status);
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    try (var to = exchange.getResponseBody()) {
      to.write(body);
    }
  }

  private static String front(HttpExchange exchange) throws IOException, SQLException {
    StringBuilder page = new StringBuilder();
    page.append(GREETING).append(", visitor ").append(redis("INCR visits")).append('\n');
    try (Connection database = database();
        var goods = database.createStatement().executeQuery("SELECT * FROM goods ORDER BY name")) {
      while (goods.next()) {
        page.append(goods.getString(1)).append(": ").append(goods.getInt(2)).append('\n');
      }
    }
    return page.append("served by ").append(HOST).append('\n').toString();
  }

  private static String order(HttpExchange exchange) throws SQLException {
    try (Connection database = database();
        var one =
            database.prepareStatement(
                "UPDATE goods SET stock = stock - 1 WHERE name = ? AND stock > 0")) {
      one.setString(1, exchange.getRequestURI().getQuery());
      return one.executeUpdate() == 1 ? "sold\n" : "not in stock\n";
    }
  }

  private static String health(HttpExchange exchange) throws IOException, SQLException {
    try (Connection database = database()) {
      database.createStatement().execute("SELECT 1");
    }
    return redis("PING") + "\n";
  }

  private static Connection database() throws SQLException {
    try {
      String password = Files.readString(Path.of("/run/secrets/db_password")).strip();
      return DriverManager.getConnection("jdbc:postgresql://db/shop", "shop", password);
    } catch (IOException e) {
      throw new SQLException("no password for the database", e);
    }
  }

  /// One command in Redis' inline form; the reply's first line without its type.
  private static String redis(String command) throws IOException {
    try (Socket socket = new Socket("cache", 6379)) {
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      var from = new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII);
      String line = new BufferedReader(from).readLine();
      if (line == null || line.startsWith("-")) {
        throw new IOException("redis answered " + command + " with " + line);
      }
      return line.substring(1);
    }
  }
}
