package io.saya.agent;

/**
 * How long something in a guest is waited for, where the clock alone must not decide. Not thread
 * safe.
 */
public interface Patience {

    /**
     * Whether the wait is over. To be asked again and again while waiting, every one or two
     * seconds: what counts is found out between two questions.
     */
    boolean exhausted();
}
