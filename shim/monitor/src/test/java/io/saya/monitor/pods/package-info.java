@NullMarked
package io.saya.monitor.pods;

import org.jspecify.annotations.NullMarked;
