/** VMs that start from the saved state of another: where templates are kept, made and used. */
@NullMarked
package io.saya.template;

import org.jspecify.annotations.NullMarked;
