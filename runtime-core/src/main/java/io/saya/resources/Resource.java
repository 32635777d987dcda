package io.saya.resources;

/** A thing that a machine has a limited amount of. */
public enum Resource {
    CPU,
    MEMORY
}
