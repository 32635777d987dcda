@NullMarked
package io.saya.json;

import org.jspecify.annotations.NullMarked;
