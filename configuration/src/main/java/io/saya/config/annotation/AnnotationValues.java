package io.saya.config.annotation;

import io.saya.config.HostSize;
import io.saya.config.option.BadValue;
import io.saya.config.option.Option;
import io.saya.config.option.SizeOptions;
import io.saya.config.option.StorageOptions;
import io.saya.config.option.VmOptions;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonException;
import java.util.ArrayList;
import java.util.List;

/**
 * Values as annotations write them, where that differs from the file or is bounded more tightly.
 */
final class AnnotationValues {

    private AnnotationValues() {}

    /** A value is well-formed but not for a pod to ask for. */
    static final class NotAllowed extends Exception {
        private static final long serialVersionUID = 1L;
        private final String text;

        NotAllowed(String text) {
            super(text, null, false, false);
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    /** The pod's words joined with the operator's. */
    static String kernelParams(String before, String text) throws BadValue {
        return KernelLine.merge(before, VmOptions.KERNEL_PARAMS.type().fromText(text));
    }

    /** The pod's arguments after the operator's. */
    static List<String> extraArguments(List<String> before, String text)
            throws BadValue, NotAllowed {
        List<String> added = strings(text);
        String forbidden = VirtiofsdArguments.firstForbidden(added);
        if (!forbidden.isEmpty()) {
            throw new NotAllowed(
                    "a pod may not give virtiofsd the argument \""
                            + forbidden
                            + "\"; write it into "
                            + StorageOptions.VIRTIO_FS_EXTRA_ARGS
                            + " of the configuration file");
        }
        List<String> all = new ArrayList<>(before);
        all.addAll(added);
        return StorageOptions.VIRTIO_FS_EXTRA_ARGS.type().fromToml(all);
    }

    private static List<String> strings(String text) throws NotAllowed {
        try {
            if (Json.parse(text) instanceof JsonArray array) {
                return array.strings();
            }
        } catch (JsonException _) {
            // What is expected says enough.
        }
        throw new NotAllowed("expected a JSON array of strings, such as [\"--xattr\"]");
    }

    /** A pod asks for itself, not for "as much as there is": the host's size is a bound. */
    static void bound(Option<?> option, Object value, HostSize host) throws NotAllowed {
        if (option == SizeOptions.DEFAULT_VCPUS || option == SizeOptions.DEFAULT_MAXVCPUS) {
            double cpus = ((Number) value).doubleValue();
            if (cpus > host.cpus() || cpus < 0) {
                throw new NotAllowed(
                        "expected 0 to " + host.cpus() + ", as many CPUs as this host has");
            }
        }
        if (option == SizeOptions.DEFAULT_MEMORY
                && ((Number) value).longValue() > host.memoryMib()) {
            throw new NotAllowed(
                    "expected at most " + host.memoryMib() + " MiB, as much as this host has");
        }
    }
}
