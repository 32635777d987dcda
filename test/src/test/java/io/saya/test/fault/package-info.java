/**
 * What becomes of containers when parts of the product, the guest or containerd die, in any order.
 */
@NullMarked
package io.saya.test.fault;

import org.jspecify.annotations.NullMarked;
