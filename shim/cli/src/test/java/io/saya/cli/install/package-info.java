@NullMarked
package io.saya.cli.install;

import org.jspecify.annotations.NullMarked;
