package io.saya.config;

/** The port by which a host's device that is passed through is plugged into the guest. */
public enum VfioPort {
    /** It is not passed through. */
    NO_PORT,
    BRIDGE_PORT,
    ROOT_PORT,
    SWITCH_PORT
}
