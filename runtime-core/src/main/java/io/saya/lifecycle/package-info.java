/** Start is transactional, stop is total: what both are made of. */
@NullMarked
package io.saya.lifecycle;

import org.jspecify.annotations.NullMarked;
