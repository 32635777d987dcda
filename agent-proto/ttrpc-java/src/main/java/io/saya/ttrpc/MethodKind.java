package io.saya.ttrpc;

/** The sides of a method that send a stream of messages. */
public enum MethodKind {
    /** One request, one response. */
    UNARY(false, false),
    /** One request, many responses. */
    SERVER_STREAMING(false, true),
    /** Many requests, one response. */
    CLIENT_STREAMING(true, false),
    /** Many of both. */
    BIDIRECTIONAL(true, true);

    private final boolean clientStreams;
    private final boolean serverStreams;

    MethodKind(boolean clientStreams, boolean serverStreams) {
        this.clientStreams = clientStreams;
        this.serverStreams = serverStreams;
    }

    /** True if the client sends data frames. */
    public boolean clientStreams() {
        return clientStreams;
    }

    /** True if the server sends data frames. */
    public boolean serverStreams() {
        return serverStreams;
    }
}
