package gantry.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/// A test that needs root and a real kernel: run with `-Dgantry.tests=all`, skipped with the reason
/// for anybody but root.
@Test
@Tag("kernel")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface KernelTest {}
