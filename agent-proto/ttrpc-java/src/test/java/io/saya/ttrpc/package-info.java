/** Tests of calls over real sockets. */
@NullMarked
package io.saya.ttrpc;

import org.jspecify.annotations.NullMarked;
