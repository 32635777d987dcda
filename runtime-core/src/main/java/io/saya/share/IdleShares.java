package io.saya.share;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which of the shares that outlive a container nobody uses. They stay, since the next container may
 * have the same volume; but each is a mount, and a volume that is another file at each start of a
 * container (a ConfigMap's by {@code subPath}, a file of the host's that is replaced) would leave
 * one at each restart for as long as the pod lives. Thread safe.
 */
final class IdleShares {

    /** More than the volumes that the containers of a pod have which start over together. */
    static final int MOST = 64;

    private final Map<String, Integer> users = new HashMap<>();

    /** The one that has been without a user for longest first. */
    private final Set<String> idle = new LinkedHashSet<>();

    synchronized void use(String name) {
        users.merge(name, 1, Integer::sum);
        idle.remove(name);
    }

    /**
     * One user less.
     *
     * @param there false if it was never made: nothing stays of it
     * @param takeBack is given those that are too many; nobody can begin to use one meanwhile, so
     *     it must end soon
     */
    synchronized void leave(String name, boolean there, Consumer<String> takeBack) {
        if (users.merge(name, -1, Integer::sum) > 0) {
            return;
        }
        users.remove(name);
        if (there) {
            idle.add(name);
        }
        while (idle.size() > MOST) {
            String oldest = idle.iterator().next();
            idle.remove(oldest);
            takeBack.accept(oldest);
        }
    }
}
