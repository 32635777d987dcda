package io.saya.shim.wire;

import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcStatusException;
import java.util.UUID;

/**
 * Translates failures to what callers are told. This is the only place that knows the codes of the
 * wire; containerd's classes of errors are these codes (shim/containerd.md#codes).
 */
public final class StatusMapper {
    private static final Log LOG = Log.of("service");

    private StatusMapper() {}

    /** Returns what to throw for a failure of the domain. */
    public static TtrpcStatusException status(RuntimeFailure failure) {
        return new TtrpcStatusException(code(failure.kind()), failure.getMessage(), failure);
    }

    /**
     * Returns what to throw for a failure that nobody foresaw: it is logged whole, with a reference
     * by which the caller's short answer can be found in the log.
     */
    public static TtrpcStatusException unforeseen(
            String method, String container, Throwable failure) {
        String reference = UUID.randomUUID().toString().substring(0, 8);
        LOG.error(
                "request failed unexpectedly",
                "method",
                method,
                "container",
                container,
                "reference",
                reference,
                "error",
                failure);
        return new TtrpcStatusException(
                StatusCode.INTERNAL,
                method
                        + " of "
                        + container
                        + " failed unexpectedly (look for reference="
                        + reference
                        + " in the log)",
                failure);
    }

    /**
     * True if a peer's status says nothing about the request itself, so that the same request may
     * succeed later.
     */
    public static boolean isTransient(TtrpcStatusException answer) {
        return switch (answer.code()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELED, RESOURCE_EXHAUSTED -> true;
            default -> false;
        };
    }

    /** The number that a call's failure has on the wire. */
    public static int number(TtrpcException failure) {
        return failure instanceof TtrpcStatusException status
                ? status.code().number()
                : StatusCode.UNAVAILABLE.number();
    }

    static StatusCode code(RuntimeFailure.Kind kind) {
        return switch (kind) {
            case NOT_FOUND -> StatusCode.NOT_FOUND;
            case ALREADY_EXISTS -> StatusCode.ALREADY_EXISTS;
            case FAILED_PRECONDITION -> StatusCode.FAILED_PRECONDITION;
            case INVALID_ARGUMENT -> StatusCode.INVALID_ARGUMENT;
            case UNAVAILABLE -> StatusCode.UNAVAILABLE;
            case RESOURCE_EXHAUSTED -> StatusCode.RESOURCE_EXHAUSTED;
            case DEADLINE_EXCEEDED -> StatusCode.DEADLINE_EXCEEDED;
            case UNIMPLEMENTED -> StatusCode.UNIMPLEMENTED;
            case INTERNAL -> StatusCode.INTERNAL;
        };
    }
}
