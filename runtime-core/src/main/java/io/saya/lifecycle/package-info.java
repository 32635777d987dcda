/**
 * What a start that is transactional and a stop that is total are made of, and how threads wait.
 */
@NullMarked
package io.saya.lifecycle;

import org.jspecify.annotations.NullMarked;
