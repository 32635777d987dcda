@NullMarked
package io.saya.config.report;

import org.jspecify.annotations.NullMarked;
