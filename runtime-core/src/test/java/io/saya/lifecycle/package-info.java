@NullMarked
package io.saya.lifecycle;

import org.jspecify.annotations.NullMarked;
