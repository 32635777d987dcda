package io.saya.shim.wire;

import com.google.protobuf.Timestamp;
import java.time.Instant;

/** Points in time on the wire. */
public final class Timestamps {

    private Timestamps() {}

    /** Converts a point in time; the epoch is zero, which containerd reads as "never". */
    public static Timestamp of(Instant at) {
        return Timestamp.newBuilder()
                .setSeconds(at.getEpochSecond())
                .setNanos(at.getNano())
                .build();
    }
}
