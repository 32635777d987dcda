/**
 * How large a machine is to be for what its containers may use. Pure functions; what they decide is
 * carried out elsewhere.
 */
@NullMarked
package io.saya.resources;

import org.jspecify.annotations.NullMarked;
