package io.saya.event;

/** Delivers events to their subscribers. */
@FunctionalInterface
public interface EventSink {

    /**
     * Takes one event; those of one sandbox are delivered in the order of these calls. Never blocks
     * and never throws: whether a subscriber is there is not the caller's concern.
     */
    void publish(TaskEvent event);
}
