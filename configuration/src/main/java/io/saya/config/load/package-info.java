/** From files to checked values: search order, drop-ins, checks, and where each value came from. */
@NullMarked
package io.saya.config.load;

import org.jspecify.annotations.NullMarked;
