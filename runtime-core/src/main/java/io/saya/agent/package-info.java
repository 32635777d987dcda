/**
 * The agent in the guest, in the words of the domain. What it sends is checked here and bounded;
 * nothing of it is trusted.
 */
@NullMarked
package io.saya.agent;

import org.jspecify.annotations.NullMarked;
