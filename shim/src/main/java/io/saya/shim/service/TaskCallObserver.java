package io.saya.shim.service;

/** Told of the task service's calls. Its methods must return at once and must not throw. */
public interface TaskCallObserver {
    /** Ignores everything. */
    TaskCallObserver NONE = new TaskCallObserver() {};

    /**
     * A call has ended.
     *
     * @param method as on the wire, such as {@code ResizePty}
     * @param code number of its status; 0: it succeeded
     */
    default void ended(String method, long nanos, int code) {}

    /** SIGKILL is asked for. An empty exec id means the container's first process. */
    default void killAsked(String containerId, String execId) {}

    /** The domain refused that SIGKILL. */
    default void killRefused(String containerId, String execId) {}
}
