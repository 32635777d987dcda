package io.saya.resources;

/** What a machine has of limited amount. */
public enum Resource {
    CPU,
    MEMORY
}
