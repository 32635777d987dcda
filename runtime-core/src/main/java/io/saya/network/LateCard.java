package io.saya.network;

import org.jspecify.annotations.Nullable;

/** A card that was plugged while the guest runs, and what the guest knows of it. One owner. */
final class LateCard {
    private final Junction junction;
    private String path = "";
    private GuestNetwork.@Nullable Interface told;
    private boolean leaving;

    LateCard(Junction junction) {
        this.junction = junction;
    }

    Junction junction() {
        return junction;
    }

    /** Where the guest finds it. */
    String path() {
        return path;
    }

    void plugged(String pciPath) {
        path = pciPath;
    }

    /** Returns what the guest was told of it last. */
    GuestNetwork.@Nullable Interface told() {
        return told;
    }

    void told(GuestNetwork.Interface facts) {
        told = facts;
    }

    /** True if the guest is to let go of it: it is of no use any more. */
    boolean leaving() {
        return leaving;
    }

    void leave() {
        leaving = true;
    }
}
