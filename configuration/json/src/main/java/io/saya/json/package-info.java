/**
 * JSON (RFC 8259) as values: OCI specifications, resource updates, QMP, the sandbox's record.
 * Strict and bounded, since some of what it reads comes from outside; it maps nothing to classes,
 * so it needs no reflection and costs next to nothing at start-up.
 */
@NullMarked
package io.saya.json;

import org.jspecify.annotations.NullMarked;
