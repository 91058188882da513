package gantry.build;

/// Hears what a build does, one event at a time.
@FunctionalInterface
public interface BuildListener {
  void on(BuildEvent event);
}
