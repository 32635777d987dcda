package io.saya.shim.management;

/** Answers requests for one path. Called in a virtual thread of its own; may block. */
@FunctionalInterface
public interface Page {

    /**
     * The answer.
     *
     * @param body what came with the request; empty: it only asks
     * @throws IllegalArgumentException with what is wrong with the request
     */
    Answer answer(String body);

    /**
     * What is sent back.
     *
     * @param type such as {@code application/json}
     */
    record Answer(String type, String text) {}
}
