package io.saya.shim.daemon;

/**
 * What is held for one successor, so that it is released whatever comes first: a successor may end
 * while all is still being held for it, and then nobody is left who would take it. Thread safe.
 */
final class HoldForSuccessor {

    /** Goes on with what was held; may block. */
    private final Runnable release;

    private boolean held;
    private boolean over;

    HoldForSuccessor(Runnable release) {
        this.release = release;
    }

    /**
     * All is held now, for the successor to take.
     *
     * @return false if it has ended meanwhile; all is released again then
     */
    boolean keep() {
        synchronized (this) {
            held = !over;
            if (held) {
                return true;
            }
        }
        release.run();
        return false;
    }

    /** The successor has ended without taking over: releases what is held, also what will be. */
    void end() {
        boolean was;
        synchronized (this) {
            over = true;
            was = held;
            held = false;
        }
        if (was) {
            release.run();
        }
    }
}
