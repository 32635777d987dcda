@NullMarked
package io.saya.shim.event;

import org.jspecify.annotations.NullMarked;
