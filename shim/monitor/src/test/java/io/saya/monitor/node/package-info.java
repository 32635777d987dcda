@NullMarked
package io.saya.monitor.node;

import org.jspecify.annotations.NullMarked;
