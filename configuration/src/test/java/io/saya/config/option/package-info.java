@NullMarked
package io.saya.config.option;

import org.jspecify.annotations.NullMarked;
