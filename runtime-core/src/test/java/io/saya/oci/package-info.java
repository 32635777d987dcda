@NullMarked
package io.saya.oci;

import org.jspecify.annotations.NullMarked;
