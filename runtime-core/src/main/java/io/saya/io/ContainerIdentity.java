package io.saya.io;

/**
 * Which container a stream belongs to; loggers are told so in {@code CONTAINER_NAMESPACE} and
 * {@code CONTAINER_ID}.
 *
 * @param namespace containerd's namespace, e.g. {@code k8s.io}
 * @param id the container's id, for a process started by Exec as well
 */
public record ContainerIdentity(String namespace, String id) {}
