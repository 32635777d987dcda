package io.saya.monitor.pods;

import java.util.OptionalLong;

/**
 * The pod that a sandbox is to Kubernetes. Everything is empty where it is no pod.
 *
 * @param runtimeHandler the handler of its RuntimeClass; empty if CRI did not tell it
 * @param declaredOverhead memory in bytes that its RuntimeClass declares as a pod's overhead
 */
public record PodIdentity(
        String name,
        String namespace,
        String uid,
        String runtimeHandler,
        OptionalLong declaredOverhead) {

    /** Of a sandbox that is no pod, or about which nothing is known. */
    public static final PodIdentity NONE = new PodIdentity("", "", "", "", OptionalLong.empty());

    /** Returns this identity, completed by what another source knows. */
    PodIdentity or(PodIdentity other) {
        return new PodIdentity(
                name.isEmpty() ? other.name : name,
                namespace.isEmpty() ? other.namespace : namespace,
                uid.isEmpty() ? other.uid : uid,
                runtimeHandler.isEmpty() ? other.runtimeHandler : runtimeHandler,
                declaredOverhead.isPresent() ? declaredOverhead : other.declaredOverhead);
    }
}
