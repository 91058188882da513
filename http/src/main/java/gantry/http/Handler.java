package gantry.http;

/// What a server serves.
public interface Handler {
  /// Whether [#handle] neither blocks nor takes long for this request, so that it may run on the
  /// event loop itself, which spares two changes of thread.
  ///
  /// @param path decoded
  boolean immediate(String method, String path);

  /// The same, for a handler that has to look at more than method and path.
  default boolean immediate(Exchange exchange) {
    return immediate(exchange.method(), exchange.path());
  }

  /// Answers one request. An exception that gets out of here is answered with [#failed].
  void handle(Exchange exchange) throws Exception;

  /// Answers a request whose handling failed. When the response has begun already, the connection
  /// is broken off instead, so that the client cannot take half an answer for a whole one.
  void failed(Exchange exchange, Throwable failure);
}
