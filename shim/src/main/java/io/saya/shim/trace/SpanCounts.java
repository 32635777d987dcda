package io.saya.shim.trace;

/**
 * What became of the spans so far.
 *
 * @param exported a collector has taken them
 * @param dropped there was no place for them
 * @param failed no collector took them
 */
public record SpanCounts(long exported, long dropped, long failed) {}
