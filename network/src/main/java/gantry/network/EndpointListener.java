package gantry.network;

import java.util.List;

/// Who follows which containers are in which networks: the name service, and what publishes ports.
///
/// Calls about one container come one after the other, those about different ones at the same time.
/// A container's endpoints come in the order in which the default route is given to them: the first
/// that has a gateway of a family is that family's way out.
public interface EndpointListener {
  /// A container has these endpoints now, and had others before: it got its place (before its
  /// program starts), was connected, disconnected or renamed, or was found running when the engine
  /// was opened. They are on record. What is thrown makes the start or connection fail as a whole,
  /// and the former endpoints are told again.
  void changed(String containerId, List<Endpoint> endpoints);

  /// A container has no endpoint any more. Also told after a [#changed] that failed.
  void left(String containerId);
}
