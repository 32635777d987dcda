package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import java.util.concurrent.CompletableFuture;

/** Makes a call to a hypervisor while the test plays QEMU. */
final class Begun {
    /** Such a call. */
    @FunctionalInterface
    interface Call {
        String make() throws HypervisorFailure;
    }

    private Begun() {}

    /** Makes the call in a thread of its own. */
    static CompletableFuture<String> begin(Call call) {
        CompletableFuture<String> result = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                result.complete(call.make());
                            } catch (HypervisorFailure | RuntimeException e) {
                                result.completeExceptionally(e);
                            }
                        });
        return result;
    }
}
