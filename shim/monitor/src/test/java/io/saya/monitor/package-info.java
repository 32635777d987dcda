@NullMarked
package io.saya.monitor;

import org.jspecify.annotations.NullMarked;
