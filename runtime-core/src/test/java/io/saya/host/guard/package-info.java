@NullMarked
package io.saya.host.guard;

import org.jspecify.annotations.NullMarked;
