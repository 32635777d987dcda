package io.saya.ttrpc;

import java.util.ArrayList;
import java.util.List;

/**
 * One service under one name, ready for a server. Subclasses are generated: each lists its methods
 * and calls them by their index.
 *
 * <p>A binding names no message class before a call needs it, so that a server starts without
 * loading any.
 */
public abstract class ServiceBinding {
    private final String name;
    private final List<String> methods = new ArrayList<>();
    private final List<MethodKind> kinds = new ArrayList<>();

    /**
     * Makes a binding; for generated subclasses.
     *
     * @param name full name of the service on the wire
     */
    protected ServiceBinding(String name) {
        this.name = name;
    }

    /** Adds the method of the next index; for constructors of subclasses. */
    protected final void method(String method, MethodKind kind) {
        methods.add(method);
        kinds.add(kind);
    }

    /**
     * Serves one call, on a virtual thread of its own.
     *
     * @param method index of the method
     * @throws TtrpcException to answer with a failure
     */
    protected abstract void dispatch(int method, ServerCall call)
            throws TtrpcException, InterruptedException;

    /** Full name of the service on the wire. */
    public final String name() {
        return name;
    }

    final List<String> methods() {
        return methods;
    }

    final MethodKind kind(int method) {
        return kinds.get(method);
    }
}
