package io.saya.ttrpc;

import io.saya.ttrpc.wire.MethodName;
import io.saya.ttrpc.wire.RequestEnvelope;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * The methods a server offers, found by the bytes of a request without making strings of them.
 * Immutable.
 */
final class ServiceRegistry {
    /** One method. */
    static final class Method {
        private final MethodName name;
        private final ServiceBinding binding;
        private final int index;
        private final MethodKind kind;
        private @Nullable ThreadFactory threads;

        Method(ServiceBinding binding, int index) {
            this.name = MethodName.of(binding.name(), binding.methods().get(index));
            this.binding = binding;
            this.index = index;
            this.kind = binding.kind(index);
        }

        MethodName name() {
            return name;
        }

        MethodKind kind() {
            return kind;
        }

        void dispatch(ServerCall call) throws TtrpcException, InterruptedException {
            binding.dispatch(index, call);
        }

        /**
         * Makes the thread of one call; made ready with the first call, to keep that out of the
         * start.
         */
        Thread newThread(Runnable call) {
            ThreadFactory factory = threads;
            if (factory == null) {
                factory =
                        Thread.ofVirtual()
                                .name("ttrpc " + name)
                                .inheritInheritableThreadLocals(false)
                                .factory();
                threads = factory;
            }
            return factory.newThread(call);
        }
    }

    private final @Nullable Method[] table;
    private final Set<String> services = new HashSet<>();

    ServiceRegistry(List<ServiceBinding> bindings) {
        int count = 0;
        for (ServiceBinding binding : bindings) {
            if (!services.add(binding.name())) {
                throw new IllegalArgumentException("service " + binding.name() + " is bound twice");
            }
            count += binding.methods().size();
        }
        table = new Method[Integer.highestOneBit(Math.max(count, 1)) * 4];
        for (ServiceBinding binding : bindings) {
            for (int i = 0; i < binding.methods().size(); i++) {
                put(new Method(binding, i));
            }
        }
    }

    private void put(Method method) {
        int slot = slot(method.name.hashCode());
        while (table[slot] != null) {
            slot = slot + 1 & table.length - 1;
        }
        table[slot] = method;
    }

    private int slot(int hash) {
        return (hash ^ hash >>> 16) & table.length - 1;
    }

    /** The method that a request names. */
    @Nullable Method find(RequestEnvelope request) {
        int slot = slot(request.nameHash());
        for (Method method = table[slot]; method != null; method = table[slot]) {
            if (request.names(method.name)) {
                return method;
            }
            slot = slot + 1 & table.length - 1;
        }
        return null;
    }

    /** In the words by which callers tell an unknown service from an unknown method. */
    String describeMissing(RequestEnvelope request) {
        String service = request.service();
        return services.contains(service)
                ? "method " + printable(request.method()) + " of service " + service
                : "service " + printable(service);
    }

    private static String printable(String name) {
        int limit = 200;
        StringBuilder text = new StringBuilder();
        name.chars().limit(limit).forEach(c -> text.append(c < ' ' || c == 0x7f ? '?' : (char) c));
        return text.toString();
    }
}
