package gantry.acceptance.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.ExtendWith;

/// A class of acceptance tests on the engine that all such classes share. Constructors and methods
/// may take an [Engine], a [Cli] and an [Http]. Classes run side by side: a test names its
/// containers with [Cli#name] and looks at no others.
@Tag("e2e")
@ExtendWith(EngineExtension.class)
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface E2e {}
