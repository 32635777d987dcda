/**
 * The sandbox: one VM, the agent in it, the containers it runs, and the order in which all of it
 * comes and goes. README.md of the module tells the rules.
 */
@NullMarked
package io.saya.sandbox;

import org.jspecify.annotations.NullMarked;
