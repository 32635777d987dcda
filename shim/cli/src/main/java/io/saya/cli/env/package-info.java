/** {@code saya env}: runtime, guest and host as kata-env shows them. */
@NullMarked
package io.saya.cli.env;

import org.jspecify.annotations.NullMarked;
