package io.saya.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class DeferredStdioTest {
    private final Recorder streams = new Recorder();
    private final DeferredStdio stdio = new DeferredStdio(() -> streams.opened());

    @Test
    void nothingIsOpenedBeforeStart() {
        stdio.finish(Duration.ofSeconds(1));

        assertThat(streams.calls).isEmpty();
        assertThat(stdio.outputRead()).isDone();
        assertThat(stdio.outputEnded()).isDone();
    }

    @Test
    void aCloseOfStdinThatCameBeforeStartIsRemembered() {
        stdio.closeStdin();
        stdio.open();

        assertThat(streams.calls).containsExactly("open", "closeStdin");
    }

    @Test
    void aCloseThatOvertookTheOpeningLeavesNothingOpen() {
        stdio.close();
        stdio.open();

        assertThat(streams.calls).containsExactly("open", "close");
    }

    @Test
    void onceOpenItIsTheStreamsThemselves() {
        stdio.open();
        stdio.closeStdin();
        streams.outputRead().complete(null);
        assertThat(stdio.outputRead()).isDone();
        assertThat(stdio.outputWritten()).isNotDone();
        streams.outputWritten().complete(null);
        assertThat(stdio.outputWritten()).isDone();
        assertThat(stdio.outputEnded()).isNotDone();
        streams.outputEnded().complete(null);
        assertThat(stdio.outputEnded()).isDone();
        stdio.finish(Duration.ofSeconds(3));

        assertThat(streams.calls).containsExactly("open", "closeStdin", "finish PT3S", "close");
    }

    @Test
    void whatCannotBeOpenedFailsTheStart() {
        DeferredStdio broken =
                new DeferredStdio(
                        () -> {
                            throw RuntimeFailure.invalidArgument("stdout: gopher://x");
                        });

        assertThatThrownBy(broken::open).isInstanceOf(RuntimeFailure.class);
        broken.close();
        assertThat(broken.outputWritten()).isDone();
        assertThat(broken.outputEnded()).isDone();
    }

    private static final class Recorder implements ProcessStdio {
        private final List<String> calls = new ArrayList<>();
        private final CompletableFuture<Void> outputRead = new CompletableFuture<>();
        private final CompletableFuture<Void> outputWritten = new CompletableFuture<>();
        private final CompletableFuture<Void> outputEnded = new CompletableFuture<>();

        ProcessStdio opened() {
            calls.add("open");
            return this;
        }

        @Override
        public void attach(GuestStreams guest) {
            calls.add("attach");
        }

        @Override
        public void closeStdin() {
            calls.add("closeStdin");
        }

        @Override
        public CompletableFuture<Void> outputRead() {
            return outputRead;
        }

        @Override
        public CompletableFuture<Void> outputWritten() {
            return outputWritten;
        }

        @Override
        public CompletableFuture<Void> outputEnded() {
            return outputEnded;
        }

        @Override
        public void finish(Duration limit) {
            calls.add("finish " + limit);
        }

        @Override
        public void close() {
            calls.add("close");
        }
    }
}
