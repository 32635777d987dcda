/** Faults of threads that go on all the same. */
@NullMarked
package io.saya.monitor.fault;

import org.jspecify.annotations.NullMarked;
