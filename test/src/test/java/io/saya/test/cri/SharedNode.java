package io.saya.test.cri;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * The node of all classes of a run that need no other: a containerd with its images takes as long
 * to start as a pod. It starts when the first of them asks for it; JUnit closes it at the end of
 * the run.
 */
public final class SharedNode implements AutoCloseable {
    private @Nullable Node node;

    /** Starts the node if it does not run yet. Blocks meanwhile. */
    synchronized Node node() {
        var started = node;
        if (started == null) {
            started = new Node();
            node = started;
        }
        return started;
    }

    @Override
    public synchronized void close() {
        if (node != null) {
            node.close();
            node = null;
        }
    }

    /** Hands the one of the run to whoever has a parameter of this type. */
    static final class Resolver implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == SharedNode.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(ExtensionContext.Namespace.create(SharedNode.class))
                    .computeIfAbsent(SharedNode.class, _ -> new SharedNode(), SharedNode.class);
        }
    }
}
