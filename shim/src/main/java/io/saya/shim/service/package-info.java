/**
 * containerd's task service: reads requests, asks the sandbox, writes answers. Wire types and wire
 * codes end here.
 */
@NullMarked
package io.saya.shim.service;

import org.jspecify.annotations.NullMarked;
