/**
 * The configuration file, its drop-ins and the pod's annotations, as validated immutable records.
 */
@NullMarked
package io.saya.config;

import org.jspecify.annotations.NullMarked;
