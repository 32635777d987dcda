@NullMarked
package io.saya.shim.management;

import org.jspecify.annotations.NullMarked;
