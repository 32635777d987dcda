/** What the guard of a sandbox writes down of its processes and mounts. */
@NullMarked
package io.saya.cli.journal;

import org.jspecify.annotations.NullMarked;
