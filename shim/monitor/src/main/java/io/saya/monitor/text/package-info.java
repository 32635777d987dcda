/**
 * Prometheus' text format: what a sandbox answers, and what the monitor makes of many such answers.
 */
@NullMarked
package io.saya.monitor.text;

import org.jspecify.annotations.NullMarked;
