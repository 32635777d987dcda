/** Micro-benchmarks of what has a budget. */
@NullMarked
package io.saya.bench;

import org.jspecify.annotations.NullMarked;
