package io.saya.test.task;

import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcStatusException;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a shim answered to a row of calls: a name for each call, and the code of the answer. */
final class Transcript {
    static final String OK = "OK";

    private final Map<String, String> answers = new LinkedHashMap<>();

    /** Makes a call and notes the answer under a name of its own. */
    void call(String name, Shim.Call call) throws TtrpcException, InterruptedException {
        String answer;
        try {
            call.make();
            answer = OK;
        } catch (TtrpcStatusException e) {
            // What Saya did not foresee is INTERNAL with a reference to its log.
            answer =
                    e.getMessage().contains("look for reference=") ? "UNFORESEEN" : e.code().name();
        }
        if (answers.put(name, answer) != null) {
            throw new AssertionError("two calls are named " + name);
        }
    }

    /** Notes something that is no code. */
    void note(String name, Object value) {
        if (answers.put(name, value.toString()) != null) {
            throw new AssertionError("two notes are named " + name);
        }
    }

    /** In the order of calls. */
    Map<String, String> answers() {
        return answers;
    }
}
