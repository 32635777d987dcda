@NullMarked
package io.saya.network.names;

import org.jspecify.annotations.NullMarked;
