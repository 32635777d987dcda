@NullMarked
package io.saya.cli;

import org.jspecify.annotations.NullMarked;
