@NullMarked
package io.saya.cli.factory;

import org.jspecify.annotations.NullMarked;
