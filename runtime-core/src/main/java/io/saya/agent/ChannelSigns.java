package io.saya.agent;

import java.util.concurrent.Future;

/**
 * What is known of the channel to an agent from elsewhere, and what is found out about it here.
 *
 * @param hungUp done when the guest has closed its end of a channel whose host's end does not show
 *     that
 * @param taken called when somebody in the guest has taken a connection, where that shows before
 *     the agent answers (vsock)
 */
public record ChannelSigns(Future<?> hungUp, Runnable taken) {

    /** Of a channel whose beginning nobody wants to know of. */
    public static ChannelSigns of(Future<?> hungUp) {
        return new ChannelSigns(hungUp, () -> {});
    }
}
