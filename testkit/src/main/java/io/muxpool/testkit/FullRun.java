package io.muxpool.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Marks a test that takes long, or wants a quiet machine: {@code ./check} leaves it out and names it at its end,
 * {@code ./check --full} runs it. With Maven alone, {@code -Dmuxpool.full} includes these tests.
 *
 * <p>Stands on a line of its own, right above the class or the test's {@code @Test}: {@code ./check} reads the sources.
 */
@Tag("full")
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface FullRun {

    /** What the test does, in a few words, for the list at the end of {@code ./check}. */
    String value();
}
