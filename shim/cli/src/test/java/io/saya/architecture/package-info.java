@NullMarked
package io.saya.architecture;

import org.jspecify.annotations.NullMarked;
