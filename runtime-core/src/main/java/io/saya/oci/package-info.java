/** The OCI runtime specification of a container: read on the host, rewritten for the guest. */
@NullMarked
package io.saya.oci;

import org.jspecify.annotations.NullMarked;
