@NullMarked
package io.saya.agent;

import org.jspecify.annotations.NullMarked;
