package io.saya.bench;

/** A server that has output, and a client connected to it over a Unix socket. */
interface OutputPair extends AutoCloseable {
    /** What one call fetches, as the daemon's calls to an agent do. */
    int PIECE = 32 << 10;

    /**
     * Has the server send output, and takes it.
     *
     * @param bytes a multiple of {@link #PIECE}
     */
    void take(int bytes) throws Exception;
}
