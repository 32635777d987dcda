package io.saya.ttrpc;

import org.jspecify.annotations.Nullable;

/** Why a call failed: its own status, or the end of the connection it was made on. */
public abstract sealed class TtrpcException extends Exception
        permits TtrpcStatusException, ConnectionFailure {
    private static final long serialVersionUID = 1L;

    TtrpcException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
