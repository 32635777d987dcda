package io.saya.shim.management;

/** Answers requests for one path. Called in a virtual thread of its own; may block. */
@FunctionalInterface
public interface Page {

    /**
     * The answer. What else is thrown becomes status 500.
     *
     * @throws IllegalArgumentException with what is wrong with the request
     * @throws IllegalStateException with what keeps it from being answered now
     */
    Answer answer(Request request);

    /**
     * The answer to a request.
     *
     * @param type such as {@code application/json}
     */
    record Answer(String type, String text) {}
}
