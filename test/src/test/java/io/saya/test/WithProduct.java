package io.saya.test;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Skips a class of tests where no product is named. To be put on each of them, since JUnit does not
 * inherit conditions.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@EnabledIfSystemProperty(
        named = "saya.product",
        matches = ".+",
        disabledReason = "no product to test: see test/README.md")
public @interface WithProduct {}
