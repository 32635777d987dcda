@NullMarked
package io.saya.io;

import org.jspecify.annotations.NullMarked;
