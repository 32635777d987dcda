package io.saya.agent;

import io.saya.agent.GuestSpec.GuestAbilities;
import io.saya.failure.RuntimeFailure;
import io.saya.json.JsonException;
import io.saya.oci.OciSpec;

/** A container's specification, read and translated for the guest. */
public final class SpecificationFuzz {
    private SpecificationFuzz() {}

    /** Reads all as {@code config.json}. */
    public static void fuzzerTestOneInput(byte[] input) {
        try {
            OciSpec spec = OciSpec.parse(input);
            spec.kind();
            spec.sandboxId();
            spec.networkNamespace();
            spec.program();
            spec.oomScoreAdj();
            GuestSpec.of(spec, "/root", spec.mounts(), new GuestAbilities(true, true), "0");
            GuestResources.of(spec.resources(), false, new GuestAbilities(true, true), "0");
        } catch (RuntimeFailure | JsonException _) {
            // Refused.
        }
    }
}
