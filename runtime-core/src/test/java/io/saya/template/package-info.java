@NullMarked
package io.saya.template;

import org.jspecify.annotations.NullMarked;
