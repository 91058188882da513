package gantry.cli.container;

import gantry.cli.api.DaemonException;
import gantry.cli.command.CliException;
import gantry.cli.command.Session;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Predicate;

/// Does the same to each of several things: what succeeded is printed as it is done, what failed is
/// complained of at the end.
public final class EachName {

  private EachName() {}

  /// What is done to one name.
  @FunctionalInterface
  public interface Step {
    void apply(String name) throws IOException;
  }

  /// One after the other; prints each name when it is done.
  ///
  /// @return 0
  /// @throws CliException with all that failed, a line each
  public static int inTurn(Session session, List<String> names, Step step) throws IOException {
    List<String> failures = new ArrayList<>();
    for (String name : names) {
      try {
        step.apply(name);
        session.println(name);
      } catch (DaemonException e) {
        failures.add(e.getMessage());
      }
    }
    return finish(failures);
  }

  /// All at once, because each may take its time; results are printed in the order of the names.
  public static int atOnce(Session session, List<String> names, Step step) throws IOException {
    return atOnce(session, names, step, _ -> false);
  }

  /// All at once.
  ///
  /// @param forgiven failures that are complained of, but do not count
  public static int atOnce(
      Session session, List<String> names, Step step, Predicate<DaemonException> forgiven) {
    List<FutureTask<String>> tasks = new ArrayList<>();
    for (String name : names) {
      FutureTask<String> task =
          new FutureTask<>(
              () -> {
                step.apply(name);
                return name;
              });
      tasks.add(task);
      start(task, name, names.size() == 1);
    }
    List<String> failures = new ArrayList<>();
    for (FutureTask<String> task : tasks) {
      try {
        session.println(task.get());
      } catch (ExecutionException e) {
        if (e.getCause() instanceof DaemonException refused && forgiven.test(refused)) {
          session.complain(refused.getMessage());
          continue;
        }
        failures.add(
            String.valueOf(e.getCause() == null ? e.getMessage() : e.getCause().getMessage()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CliException("interrupted");
      }
    }
    return finish(failures);
  }

  private static void start(Runnable task, String name, boolean alone) {
    if (alone) {
      task.run();
      return;
    }
    Thread thread = new Thread(task, "each-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  private static int finish(List<String> failures) {
    if (failures.isEmpty()) {
      return 0;
    }
    throw new CliException(String.join("\n", failures));
  }
}
