/**
 * What a sandbox tells a scraper ({@code /metrics}, shim/metrics.md). Two halves: what is counted
 * while the sandbox works, in plain arrays that cost nothing ({@link
 * io.saya.shim.metrics.SandboxCounts}); and what is read and written when somebody asks, of which
 * nothing is loaded before ({@link io.saya.shim.metrics.Scrape}).
 */
@NullMarked
package io.saya.shim.metrics;

import org.jspecify.annotations.NullMarked;
