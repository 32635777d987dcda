/** What a pod may change by annotations, and the annotations that say what a container is. */
@NullMarked
package io.saya.config.annotation;

import org.jspecify.annotations.NullMarked;
