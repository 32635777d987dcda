@NullMarked
package io.saya.cli.sandbox;

import org.jspecify.annotations.NullMarked;
