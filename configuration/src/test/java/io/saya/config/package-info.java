@NullMarked
package io.saya.config;

import org.jspecify.annotations.NullMarked;
