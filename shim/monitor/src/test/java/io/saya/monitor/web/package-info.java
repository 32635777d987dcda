@NullMarked
package io.saya.monitor.web;

import org.jspecify.annotations.NullMarked;
