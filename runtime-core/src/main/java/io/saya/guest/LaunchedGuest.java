package io.saya.guest;

/**
 * A guest that was launched, and the right to end it.
 *
 * @param guest for everybody
 * @param stop for the thread that stops the sandbox
 */
public record LaunchedGuest(Guest guest, GuestStop stop) {}
