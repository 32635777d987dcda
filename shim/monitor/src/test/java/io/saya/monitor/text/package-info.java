@NullMarked
package io.saya.monitor.text;

import org.jspecify.annotations.NullMarked;
