package io.saya.guest;

/**
 * What a launch returns.
 *
 * @param guest for everybody
 * @param stop for the thread that stops the sandbox
 */
public record LaunchedGuest(Guest guest, GuestStop stop) {}
