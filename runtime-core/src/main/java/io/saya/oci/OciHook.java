package io.saya.oci;

import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An entry of {@code hooks}.
 *
 * @param path of the program
 * @param args the name that it is called by first; empty: the path alone
 * @param env its whole environment
 * @param timeout how long it may take; empty where the specification does not say
 */
public record OciHook(
        String path, List<String> args, List<String> env, Optional<Duration> timeout) {

    /** When a hook runs, by the specification's names. */
    public enum Moment {
        /** As {@link #CREATE_RUNTIME}; before it, and out of use. */
        PRESTART("prestart"),
        /** On the host, when the namespaces are there and the container is not. */
        CREATE_RUNTIME("createRuntime"),
        /** In the container's namespaces, before it is made. */
        CREATE_CONTAINER("createContainer"),
        /** In the container, before its program. */
        START_CONTAINER("startContainer"),
        /** On the host, when the program runs. */
        POSTSTART("poststart"),
        /** On the host, when the container is gone. */
        POSTSTOP("poststop");

        private final String word;

        Moment(String word) {
            this.word = word;
        }

        /** The specification's name for it. */
        public String word() {
            return word;
        }
    }

    /** The hooks of a specification for this moment, in their order. */
    public static List<OciHook> of(OciSpec spec, Moment moment) {
        List<OciHook> hooks = new ArrayList<>();
        for (JsonObject entry :
                spec.json()
                        .object("hooks")
                        .flatMap(all -> all.array(moment.word()))
                        .orElse(JsonArray.EMPTY)
                        .objects()) {
            hooks.add(
                    new OciHook(
                            entry.string("path").orElse(""),
                            entry.array("args").orElse(JsonArray.EMPTY).strings(),
                            entry.array("env").orElse(JsonArray.EMPTY).strings(),
                            timeout(entry.integer("timeout"))));
        }
        return hooks;
    }

    private static Optional<Duration> timeout(OptionalLong seconds) {
        return seconds.isPresent() && seconds.getAsLong() > 0
                ? Optional.of(Duration.ofSeconds(seconds.getAsLong()))
                : Optional.empty();
    }
}
