package io.saya.lifecycle;

/**
 * A limit of a wait that the clock alone must not decide: {@link
 * Waited#on(java.util.concurrent.Future, Patience, java.time.Duration)} asks it while it waits. Not
 * thread safe.
 */
public interface Patience {

    /**
     * Says whether the wait is over. To be asked again and again while waiting, every one or two
     * seconds: what counts is found out between two questions.
     */
    boolean exhausted();
}
