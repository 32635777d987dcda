@NullMarked
package io.saya.cli.text;

import org.jspecify.annotations.NullMarked;
