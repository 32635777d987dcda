package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.saya.proto.containerd.task.CloseIORequest;
import io.saya.proto.containerd.task.ConnectRequest;
import io.saya.proto.containerd.task.DeleteRequest;
import io.saya.proto.containerd.task.KillRequest;
import io.saya.proto.containerd.task.PauseRequest;
import io.saya.proto.containerd.task.PidsRequest;
import io.saya.proto.containerd.task.ResizePtyRequest;
import io.saya.proto.containerd.task.ResumeRequest;
import io.saya.proto.containerd.task.ShutdownRequest;
import io.saya.proto.containerd.task.StartRequest;
import io.saya.proto.containerd.task.StateRequest;
import io.saya.proto.containerd.task.StatsRequest;
import io.saya.proto.containerd.task.UpdateTaskRequest;
import io.saya.proto.containerd.task.WaitRequest;
import io.saya.test.WithProduct;
import io.saya.ttrpc.TtrpcException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Sends each call to containerd's own shim for runc and to Saya's, in every state of a container
 * and of an exec, repeated and late ones included: the codes are compared, and the events.
 */
@WithProduct
final class ConformanceTest extends ShimSuite {
    private static final String IDLE =
            "trap 'exit 0' TERM; echo > /ready; while :; do sleep 0.1; done";
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;

    /** A container, as one started alone. */
    @FunctionalInterface
    private interface Scenario {
        void play(Shim shim, Transcript transcript)
                throws IOException, TtrpcException, InterruptedException;
    }

    @Test
    void callsThatNameNothing() throws Exception {
        compare(
                (shim, transcript) -> {
                    shim.create("", "", "");
                    everyCall(shim, transcript, "unknown container", "no-such-container", "");
                    everyCall(shim, transcript, "unknown exec", shim.id(), "no-such-exec");
                });
    }

    @Test
    @Tag("full")
    void aContainerThatIsCreated() throws Exception {
        compare(
                (shim, transcript) -> {
                    transcript.call("create", () -> shim.create("", "", ""));
                    transcript.call("create again", () -> shim.create("", "", ""));
                    transcript.note("state", shim.state("").getStatus());
                    quietCalls(shim, transcript, "created", "");
                    pauseAndResume(shim, transcript, "created");
                    transcript.call("exec", () -> shim.exec("added", "true"));
                    transcript.call("delete exec", () -> shim.delete("added"));
                    transcript.call("delete", () -> shim.delete(""));
                    transcript.call("delete again", () -> shim.delete(""));
                });
    }

    @Test
    @Tag("full")
    void aContainerThatIsCreatedAndKilled() throws Exception {
        compare(
                (shim, transcript) -> {
                    shim.create("", "", "");
                    transcript.call("kill", () -> shim.kill("", SIGKILL));
                    transcript.note("status", shim.await(""));
                    transcript.call("kill again", () -> shim.kill("", SIGKILL));
                    transcript.call("start", () -> shim.start(""));
                    transcript.note("status of delete", shim.delete(""));
                });
    }

    @Test
    void aContainerThatRuns() throws Exception {
        compare(
                (shim, transcript) -> {
                    shim.create("", "", "");
                    transcript.call("start", () -> shim.start(""));
                    awaitReady();
                    transcript.note("state", shim.state("").getStatus());
                    transcript.call("create again", () -> shim.create("", "", ""));
                    transcript.call("start again", () -> shim.start(""));
                    transcript.call("delete", () -> shim.delete(""));
                    quietCalls(shim, transcript, "running", "");
                    pauseAndResume(shim, transcript, "running");
                    transcript.call("shutdown", () -> shutdown(shim));
                    transcript.call("state after shutdown", () -> shim.state(""));
                    transcript.call("terminate", () -> shim.kill("", SIGTERM));
                    transcript.note("status", shim.await(""));
                });
    }

    @Test
    @Tag("full")
    void aContainerThatIsPaused() throws Exception {
        compare(
                (shim, transcript) -> {
                    shim.create("", "", "");
                    shim.start("");
                    awaitReady();
                    transcript.call("exec", () -> shim.exec("before", "true"));
                    transcript.call("pause", () -> pause(shim));
                    transcript.note("state", shim.state("").getStatus());
                    transcript.call("pause again", () -> pause(shim));
                    transcript.call("start", () -> shim.start(""));
                    transcript.call("exec in it", () -> shim.exec("during", "true"));
                    transcript.call("start of an exec", () -> shim.start("before"));
                    transcript.call("delete", () -> shim.delete(""));
                    quietCalls(shim, transcript, "paused", "");
                    transcript.call("terminate", () -> shim.kill("", SIGTERM));
                    transcript.call("resume", () -> resume(shim));
                    transcript.note("status", shim.await(""));
                });
    }

    @Test
    void aContainerThatHasExited() throws Exception {
        compare(
                (shim, transcript) -> {
                    shim.create("", "", "");
                    shim.start("");
                    awaitReady();
                    transcript.call("exec", () -> shim.exec("never", "true"));
                    transcript.call("is it there", () -> shim.kill("", 0));
                    transcript.call("kill", () -> shim.kill("", SIGKILL));
                    transcript.note("status", shim.await(""));
                    transcript.note("state", shim.state("").getStatus());
                    transcript.call("is it there still", () -> shim.kill("", 0));
                    transcript.call("kill again", () -> shim.kill("", SIGKILL));
                    transcript.call("terminate", () -> shim.kill("", SIGTERM));
                    transcript.call("start", () -> shim.start(""));
                    transcript.call("create", () -> shim.create("", "", ""));
                    transcript.call("exec after", () -> shim.exec("late", "true"));
                    transcript.note("status again", shim.await(""));
                    quietCalls(shim, transcript, "stopped", "");
                    pauseAndResume(shim, transcript, "stopped");
                    transcript.note("status of delete", shim.delete(""));
                    transcript.call("delete again", () -> shim.delete(""));
                    transcript.call("kill of the deleted", () -> shim.kill("", SIGKILL));
                    transcript.call("wait for the deleted", () -> shim.await(""));
                    transcript.call("state of the deleted", () -> shim.state(""));
                    transcript.call("shutdown", () -> shutdown(shim));
                });
    }

    @Test
    void anExec() throws Exception {
        compare(
                (shim, transcript) -> {
                    shim.create("", "", "");
                    shim.start("");
                    awaitReady();
                    transcript.call("exec", () -> shim.exec("e", "sh", "-c", IDLE));
                    transcript.call("exec again", () -> shim.exec("e", "true"));
                    transcript.note("state when added", shim.state("e").getStatus());
                    transcript.call("kill before start", () -> shim.kill("e", SIGKILL));
                    quietCalls(shim, transcript, "added", "e");
                    transcript.call("start", () -> shim.start("e"));
                    transcript.call("start again", () -> shim.start("e"));
                    transcript.call("delete", () -> shim.delete("e"));
                    quietCalls(shim, transcript, "running", "e");
                    transcript.call("kill", () -> shim.kill("e", SIGKILL));
                    transcript.note("status", shim.await("e"));
                    transcript.call("kill again", () -> shim.kill("e", SIGKILL));
                    transcript.call("start when exited", () -> shim.start("e"));
                    transcript.note("state when exited", shim.state("e").getStatus());
                    transcript.note("status of delete", shim.delete("e"));
                    transcript.call("delete again", () -> shim.delete("e"));
                    shim.exec("f", "sh", "-c", "exit 7");
                    shim.start("f");
                    transcript.note("status of a second", shim.await("f"));
                    transcript.call("exec with an id in use", () -> shim.exec("f", "true"));
                    transcript.call("exec of nothing", () -> shim.exec("g", "no-such-command"));
                    transcript.call("start of nothing", () -> shim.start("g"));
                    transcript.call("wait for nothing", () -> shim.await("g"));
                    transcript.call("delete of nothing", () -> shim.delete("g"));
                    shim.exec("h", "true");
                    transcript.note("status of one never started", shim.delete("h"));
                });
    }

    @Test
    void allProcessesOfAContainerAreKilledAtOnce() throws Exception {
        compare(
                (shim, transcript) -> {
                    shim.create("", "", "");
                    shim.start("");
                    awaitReady();
                    for (var exec : List.of("a", "b")) {
                        shim.exec(exec, "sleep", "1000");
                        shim.start(exec);
                    }
                    transcript.call("kill all", () -> shim.killAll(SIGKILL));
                    transcript.note("status", shim.await(""));
                    for (var exec : List.of("a", "b")) {
                        transcript.note("status of " + exec, shim.await(exec));
                    }
                    // Again is not compared: runc 1.1 takes it, later ones say that nothing runs.
                    transcript.note("status of delete", shim.delete(""));
                });
    }

    @Test
    void execsEndBeforeTheirContainer() throws Exception {
        compare(
                (shim, transcript) -> {
                    shim.create("", "", "");
                    shim.start("");
                    awaitReady();
                    for (var exec : List.of("a", "b", "c")) {
                        shim.exec(exec, "sleep", "1000");
                        shim.start(exec);
                    }
                    shim.kill("", SIGKILL);
                    transcript.note("status", shim.await(""));
                    for (var exec : List.of("a", "b", "c")) {
                        transcript.note("status of " + exec, shim.await(exec));
                    }
                    transcript.call("delete", () -> shim.delete(""));
                });
    }

    /** Plays the scenario with both shims and compares. */
    private void compare(Scenario scenario)
            throws IOException, TtrpcException, InterruptedException {
        var expected = play("runc", scenario);
        var actual = play("saya", scenario);
        var differences = new ArrayList<String>();
        assertThat(actual.answers().keySet()).isEqualTo(expected.answers().keySet());
        expected.answers()
                .forEach(
                        (name, answer) -> {
                            var ours = actual.answers().getOrDefault(name, "no answer");
                            if (!same(name, answer, ours)) {
                                differences.add(name + ": " + ours + ", runc's shim: " + answer);
                            }
                        });
        assertThat(differences).isEmpty();
    }

    /**
     * Where runc's shim has no better word than UNKNOWN, Saya says what kind of failure it is.
     * Clients treat all of these as a failure that is not «it is gone».
     */
    private static boolean same(String name, String runc, String saya) {
        return runc.equals(saya)
                || (runc.equals("UNKNOWN")
                        && List.of(
                                        "FAILED_PRECONDITION",
                                        "INVALID_ARGUMENT",
                                        "ALREADY_EXISTS",
                                        "INTERNAL")
                                .contains(saya))
                // As in every other call that names an exec that is not there.
                || name.equals("close of an unknown exec");
    }

    private Transcript play(String runtime, Scenario scenario)
            throws IOException, TtrpcException, InterruptedException {
        var transcript = new Transcript();
        var before = events().events().size();
        try (var shim = start(runtime, Map.of(), "sh", "-c", IDLE)) {
            scenario.play(shim, transcript);
        }
        transcript.note("events", inOrder(awaitQuiet(before)));
        return transcript;
    }

    /** Execs that end at once may do so in any order. */
    private static List<String> inOrder(List<String> events) {
        var ordered = new ArrayList<String>();
        var exits = new ArrayList<String>();
        for (var event : events) {
            if (event.matches("/tasks/exit [a-c] .*")) {
                exits.add(event);
                continue;
            }
            exits.sort(null);
            ordered.addAll(exits);
            exits.clear();
            // runc's shim gives 0 for a container that was created and deleted, and had exited with
            // 137.
            ordered.add(
                    event.equals("/tasks/delete 0") && ordered.getLast().endsWith("exit 137")
                            ? "/tasks/delete 137"
                            : event);
        }
        exits.sort(null);
        ordered.addAll(exits);
        return ordered;
    }

    /** Calls that change nothing. */
    private static void quietCalls(Shim shim, Transcript transcript, String when, String exec)
            throws TtrpcException, InterruptedException {
        var in = " when " + when;
        var id = shim.id();
        transcript.call(
                "resize" + in,
                () ->
                        shim.tasks()
                                .resizePty(
                                        ResizePtyRequest.newBuilder()
                                                .setId(id)
                                                .setExecId(exec)
                                                .setWidth(80)
                                                .setHeight(25)
                                                .build(),
                                        Shim.within()));
        transcript.call("close" + in, () -> closeIo(shim, id, exec));
        transcript.call("close twice" + in, () -> closeIo(shim, id, exec));
        if (exec.isEmpty()) {
            transcript.call("pids" + in, () -> pids(shim, id));
            transcript.call("connect" + in, () -> connect(shim, id));
            if (!when.equals("stopped")) {
                transcript.call("stats" + in, () -> stats(shim, id));
            }
            transcript.call("update" + in, () -> update(shim, id));
        }
    }

    private static void pauseAndResume(Shim shim, Transcript transcript, String when)
            throws TtrpcException, InterruptedException {
        transcript.call("resume before pause when " + when, () -> resume(shim));
        transcript.call("pause when " + when, () -> pause(shim));
        transcript.call("resume when " + when, () -> resume(shim));
    }

    private static void everyCall(
            Shim shim, Transcript transcript, String what, String id, String exec)
            throws TtrpcException, InterruptedException {
        var tasks = shim.tasks();
        var within = Shim.within();
        var of = " of an " + what;
        transcript.call(
                "start" + of,
                () ->
                        tasks.start(
                                StartRequest.newBuilder().setId(id).setExecId(exec).build(),
                                within));
        transcript.call(
                "state" + of,
                () ->
                        tasks.state(
                                StateRequest.newBuilder().setId(id).setExecId(exec).build(),
                                within));
        transcript.call(
                "kill" + of,
                () ->
                        tasks.kill(
                                KillRequest.newBuilder()
                                        .setId(id)
                                        .setExecId(exec)
                                        .setSignal(SIGKILL)
                                        .build(),
                                within));
        transcript.call(
                "wait" + of,
                () ->
                        tasks.wait(
                                WaitRequest.newBuilder().setId(id).setExecId(exec).build(),
                                within));
        transcript.call(
                "delete" + of,
                () ->
                        tasks.delete(
                                DeleteRequest.newBuilder().setId(id).setExecId(exec).build(),
                                within));
        transcript.call("close" + of, () -> closeIo(shim, id, exec));
        if (exec.isEmpty()) {
            transcript.call("pids" + of, () -> pids(shim, id));
            transcript.call("stats" + of, () -> stats(shim, id));
            transcript.call("connect" + of, () -> connect(shim, id));
            transcript.call("update" + of, () -> update(shim, id));
            transcript.call(
                    "pause" + of,
                    () -> tasks.pause(PauseRequest.newBuilder().setId(id).build(), within));
            transcript.call(
                    "resume" + of,
                    () -> tasks.resume(ResumeRequest.newBuilder().setId(id).build(), within));
        }
    }

    private static void closeIo(Shim shim, String id, String exec)
            throws TtrpcException, InterruptedException {
        shim.tasks()
                .closeIO(
                        CloseIORequest.newBuilder()
                                .setId(id)
                                .setExecId(exec)
                                .setStdin(true)
                                .build(),
                        Shim.within());
    }

    private static void pids(Shim shim, String id) throws TtrpcException, InterruptedException {
        shim.tasks().pids(PidsRequest.newBuilder().setId(id).build(), Shim.within());
    }

    private static void stats(Shim shim, String id) throws TtrpcException, InterruptedException {
        shim.tasks().stats(StatsRequest.newBuilder().setId(id).build(), Shim.within());
    }

    private static void connect(Shim shim, String id) throws TtrpcException, InterruptedException {
        shim.tasks().connect(ConnectRequest.newBuilder().setId(id).build(), Shim.within());
    }

    private static void update(Shim shim, String id) throws TtrpcException, InterruptedException {
        shim.tasks()
                .update(
                        UpdateTaskRequest.newBuilder()
                                .setId(id)
                                .setResources(
                                        Any.newBuilder()
                                                .setTypeUrl(
                                                        "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources")
                                                .setValue(
                                                        ByteString.copyFromUtf8(
                                                                "{\"cpu\": {\"shares\": 512}}")))
                                .build(),
                        Shim.within());
    }

    private static void pause(Shim shim) throws TtrpcException, InterruptedException {
        shim.tasks().pause(PauseRequest.newBuilder().setId(shim.id()).build(), Shim.within());
    }

    private static void resume(Shim shim) throws TtrpcException, InterruptedException {
        shim.tasks().resume(ResumeRequest.newBuilder().setId(shim.id()).build(), Shim.within());
    }

    private static void shutdown(Shim shim) throws TtrpcException, InterruptedException {
        shim.tasks().shutdown(ShutdownRequest.newBuilder().setId(shim.id()).build(), Shim.within());
    }
}
