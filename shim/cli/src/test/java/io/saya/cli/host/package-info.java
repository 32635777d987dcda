@NullMarked
package io.saya.cli.host;

import org.jspecify.annotations.NullMarked;
