package io.saya.ttrpc.wire;

/** A request or response frame whose payload is not the message it has to be. */
public final class MalformedEnvelopeException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Creates the exception with what is wrong and at which byte of the payload. */
    public MalformedEnvelopeException(String message) {
        super(message);
    }
}
