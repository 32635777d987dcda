@NullMarked
package io.saya.failpoint;

import org.jspecify.annotations.NullMarked;
