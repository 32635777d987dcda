package io.saya.shim.metrics;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryUsage;
import java.lang.management.ThreadMXBean;
import java.util.List;

/**
 * Writes what the shim's JVM knows of itself. Made for the first scrape: to ask for a bean costs
 * more than to read it.
 */
final class JvmSamples {
    static final Metric JVM_MEMORY_USED_BYTES =
            Metric.gauge("saya_jvm_memory_used_bytes", "Memory that the shim's JVM uses", "area");
    static final Metric JVM_MEMORY_COMMITTED_BYTES =
            Metric.gauge(
                    "saya_jvm_memory_committed_bytes", "Memory that the shim's JVM has", "area");
    static final Metric JVM_MEMORY_MAX_BYTES =
            Metric.gauge(
                    "saya_jvm_memory_max_bytes", "Memory that the shim's JVM may have", "area");
    static final Metric JVM_GC_COLLECTIONS_TOTAL =
            Metric.counter(
                    "saya_jvm_gc_collections_total", "Garbage collections of the shim's JVM", "gc");
    static final Metric JVM_GC_SECONDS_TOTAL =
            Metric.counter(
                    "saya_jvm_gc_seconds_total",
                    "Time in garbage collections of the shim's JVM",
                    "gc");
    static final Metric JVM_THREADS =
            Metric.gauge("saya_jvm_threads", "Platform threads of the shim's JVM");

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final List<GarbageCollectorMXBean> collectors =
            ManagementFactory.getGarbageCollectorMXBeans();

    void write(Exposition out) {
        area("heap", memory.getHeapMemoryUsage(), out);
        area("nonheap", memory.getNonHeapMemoryUsage(), out);
        for (GarbageCollectorMXBean collector : collectors) {
            String name = collector.getName();
            out.add(JVM_GC_COLLECTIONS_TOTAL, Math.max(0, collector.getCollectionCount()), name);
            out.addNanos(
                    JVM_GC_SECONDS_TOTAL, collector.getCollectionTime() * NANOS_PER_MILLI, name);
        }
        out.add(JVM_THREADS, threads.getThreadCount());
    }

    private static void area(String area, MemoryUsage usage, Exposition out) {
        out.add(JVM_MEMORY_USED_BYTES, usage.getUsed(), area);
        out.add(JVM_MEMORY_COMMITTED_BYTES, usage.getCommitted(), area);
        if (usage.getMax() >= 0) {
            out.add(JVM_MEMORY_MAX_BYTES, usage.getMax(), area);
        }
    }
}
