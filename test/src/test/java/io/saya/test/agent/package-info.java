/** A contract for agents in terms of their protocol, and agents that it is tried with. */
@NullMarked
package io.saya.test.agent;

import org.jspecify.annotations.NullMarked;
