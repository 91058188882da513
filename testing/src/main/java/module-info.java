/// What tests of every room share: the conditions a privileged test needs, said in one place.
@org.jspecify.annotations.NullMarked
module gantry.testing {
  requires static transitive org.jspecify;
  requires transitive org.junit.jupiter.api;
}
