package io.saya.agent;

/**
 * A disk of the guest that a container has as a device: the agent gives it the guest's numbers of
 * it.
 *
 * @param place the disk's PCI path
 * @param path in the container, where the specification has a block device
 */
public record GuestDevice(String place, String path) {}
