@NullMarked
package io.saya.config.annotation;

import org.jspecify.annotations.NullMarked;
