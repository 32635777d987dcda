@NullMarked
package io.saya.config.load;

import org.jspecify.annotations.NullMarked;
