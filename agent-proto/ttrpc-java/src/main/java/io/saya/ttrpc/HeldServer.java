package io.saya.ttrpc;

import java.util.List;

/**
 * A server that is handed over to another process.
 *
 * @param listener the descriptor of its listening socket
 */
public record HeldServer(int listener, List<HeldConnection> connections) {}
