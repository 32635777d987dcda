/** What a program finds in its container: one program in runc's and in Saya's, side by side. */
@NullMarked
package io.saya.test.process;

import org.jspecify.annotations.NullMarked;
