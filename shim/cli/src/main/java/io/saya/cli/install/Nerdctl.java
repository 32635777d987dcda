package io.saya.cli.install;

import java.io.IOException;
import java.util.List;

/**
 * nerdctl, and {@code ctr}: they name a runtime by its type, and containerd looks for the shim on
 * its {@code PATH}. There is nothing to configure but that.
 */
record Nerdctl(ShimLink link) implements ContainerManager {

    @Override
    public String name() {
        return "nerdctl";
    }

    @Override
    public Plan registration() throws IOException {
        return new Plan(
                link.made().stream().toList(),
                List.of(
                        "call it by its type: nerdctl run --runtime "
                                + ShimLink.RUNTIME_TYPE
                                + " IMAGE"));
    }

    @Override
    public Plan removal() {
        // The link goes with the last registration that is written down.
        return new Plan(List.of(), List.of());
    }

    @Override
    public boolean registered() {
        return false;
    }

    @Override
    public void prove() throws IOException {
        link.name();
    }

    @Override
    public Effect effect() {
        return Effect.KNOWN;
    }

    @Override
    public List<String> reread() {
        return List.of();
    }
}
