/**
 * The daemon's end of the guard channel: mounts, processes and the report to the waiting {@code
 * start}, done by the guard process that started this JVM. The protocol is drawn in {@code
 * packaging/launcher/README.md}.
 *
 * <p>These classes are loaded before QEMU is started, so they keep to what every JVM has loaded
 * already: no lambdas, no streams, no {@code java.util.concurrent} beyond one future per process.
 * So they wait by monitors, with the policy of {@code io.saya.lifecycle.Waited}.
 */
@NullMarked
package io.saya.host.guard;

import org.jspecify.annotations.NullMarked;
