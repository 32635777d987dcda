/**
 * The life of a sandbox: its states, the way down, the exits of its processes, and the table of its
 * containers with the one lock. README.md of the module tells the rules.
 */
@NullMarked
package io.saya.sandbox;

import org.jspecify.annotations.NullMarked;
