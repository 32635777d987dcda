package io.saya.test.cri;

import io.grpc.StatusRuntimeException;
import io.saya.proto.cri.ImageSpec;
import io.saya.proto.cri.ImageStatusRequest;
import io.saya.test.Containerd;
import io.saya.test.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a kubelet meets on a node: a containerd with its CRI plugin and a CNI network. Runtime
 * handlers are {@link #SAYA} and {@link #RUNC}; the tested one is {@link #handler}.
 *
 * <p>The network is a bridge in the network namespace that the tests run in, which should be one of
 * their own ({@code test/run.sh} makes it). Network namespaces of pods, sockets and logs are in
 * containerd's own directory.
 */
public final class Node implements AutoCloseable {
    /** The handler of the product. */
    public static final String SAYA = "saya";

    /** The handler of containerd's own runtime. */
    public static final String RUNC = "runc";

    private static final String PAUSE_IMAGE = "saya.local/pause:latest";
    private static final String SETTINGS = "saya.toml";
    private static final Duration IMAGES = Duration.ofSeconds(30);
    private static final Duration ANSWERS = Duration.ofSeconds(30);

    /**
     * What stands for a pod: it reaps what others leave behind where all share a pid namespace, and
     * leaves at SIGTERM.
     */
    private static final String PAUSE =
            """
            ["/bin/sh","-c","trap 'exit 0' TERM INT; while :; do sleep 2147483647 & wait; done"]""";

    private final Containerd containerd;
    private final CriClient cri;
    private final @Nullable BlockSnapshots snapshots;

    /** Starts containerd and loads the images. */
    public Node() {
        this(BRIDGE);
    }

    /**
     * Starts containerd with a CNI network of the caller's.
     *
     * @param network a CNI network configuration list; {@code %s} in it is a directory for its data
     */
    public Node(String network) {
        this(List.of(network), Map.of(), "");
    }

    /**
     * Starts containerd with several CNI networks: each pod gets an interface of each.
     *
     * @param networks CNI network configuration lists; {@code %s} in one is a directory for its
     *     data
     * @param plugins CNI plugins beside Debian's, by their names: shell scripts
     * @param settings the product's configuration file; empty: that of its installation
     */
    public Node(List<String> networks, Map<String, String> plugins, String settings) {
        this(networks, plugins, settings, null);
    }

    /**
     * A node whose product is configured otherwise.
     *
     * @param settings the product's configuration file
     */
    public static Node with(String settings) {
        return new Node(List.of(BRIDGE), Map.of(), settings);
    }

    /** A node whose containers have their root file systems in files with ext4. */
    static Node withBlockSnapshots(String settings) {
        try {
            return new Node(
                    List.of(BRIDGE),
                    Map.of(),
                    settings,
                    new BlockSnapshots(
                            Files.createTempDirectory("saya-snapshots").resolve("files")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Node(
            List<String> networks,
            Map<String, String> plugins,
            String settings,
            @Nullable BlockSnapshots snapshots) {
        this.snapshots = snapshots;
        containerd =
                new Containerd(
                        "k8s.io",
                        Map.of(),
                        directory ->
                                configuration(
                                                directory,
                                                networks,
                                                plugins,
                                                settings,
                                                snapshots == null ? "overlayfs" : "block")
                                        + (snapshots == null ? "" : snapshots.plugin("block")));
        cri = new CriClient(containerd.address());
        containerd.loadImage(PAUSE_IMAGE, PAUSE);
        if (!Wait.until(IMAGES, () -> knows(PAUSE_IMAGE) && knows(Containerd.IMAGE))) {
            throw new AssertionError("the CRI does not see the images: " + containerd.log());
        }
    }

    /** The handler of the runtime under test. */
    public static String handler() {
        return Containerd.runtime().contains("runc") ? RUNC : SAYA;
    }

    /** Its client. */
    public CriClient cri() {
        return cri;
    }

    /** The containerd of the node; its client {@code ctr} is in the CRI's namespace. */
    public Containerd containerd() {
        return containerd;
    }

    /** The directory that holds the run directories of sandboxes. */
    public Path runDirectory() {
        return containerd.directory().resolve("run");
    }

    /** The directory for logs of pods. */
    public Path logs() {
        return containerd.directory().resolve("logs");
    }

    /** Kills containerd with SIGKILL; pods go on. */
    public void crash() {
        containerd.crash();
    }

    /** Starts containerd again after {@link #crash}, and waits until the CRI answers. */
    public void start() {
        containerd.start();
        if (!Wait.until(ANSWERS, this::answers)) {
            throw new AssertionError("no CRI within " + ANSWERS + ": " + containerd.log());
        }
    }

    private boolean answers() {
        try {
            return knows(PAUSE_IMAGE);
        } catch (StatusRuntimeException e) {
            return false; // not there yet, or not initialized
        }
    }

    @Override
    public void close() {
        cri.close();
        containerd.close();
        if (snapshots != null) {
            snapshots.close();
        }
    }

    private boolean knows(String image) {
        return cri.images()
                .imageStatus(
                        ImageStatusRequest.newBuilder()
                                .setImage(ImageSpec.newBuilder().setImage(image))
                                .build())
                .hasImage();
    }

    private static String configuration(
            Path directory,
            List<String> networks,
            Map<String, String> plugins,
            String settings,
            String snapshotter) {
        try {
            var cni = Files.createDirectory(directory.resolve("cni"));
            for (var i = 0; i < networks.size(); i++) {
                Files.writeString(
                        cni.resolve((10 + i) + "-test.conflist"),
                        networks.get(i).formatted(directory + "/cni-data"));
            }
            var programs = Files.createDirectory(directory.resolve("cni-bin"));
            try (var debian = Files.newDirectoryStream(Path.of("/usr/lib/cni"))) {
                for (var program : debian) {
                    Files.createSymbolicLink(programs.resolve(program.getFileName()), program);
                }
            }
            for (var plugin : plugins.entrySet()) {
                var program = programs.resolve(plugin.getKey());
                Files.writeString(program, plugin.getValue());
                Files.setPosixFilePermissions(
                        program, PosixFilePermissions.fromString("rwx------"));
            }
            Files.createDirectory(directory.resolve("logs"));
            Files.writeString(directory.resolve(SETTINGS), settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return """
               [plugins."io.containerd.internal.v1.opt"]
                 path = "%1$s/opt"
               [plugins."io.containerd.grpc.v1.cri"]
                 sandbox_image = "%2$s"
                 netns_mounts_under_state_dir = true
                 disable_apparmor = true
                 restrict_oom_score_adj = true
                 [plugins."io.containerd.grpc.v1.cri".cni]
                   bin_dir = "%1$s/cni-bin"
                   conf_dir = "%1$s/cni"
                   max_conf_num = %3$d
                 [plugins."io.containerd.grpc.v1.cri".containerd]
                   default_runtime_name = "runc"
                   snapshotter = "%5$s"
                   [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
                     runtime_type = "io.containerd.runc.v2"
                   [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.saya]
                     runtime_type = "io.containerd.saya.v2"
                     privileged_without_host_devices = true
                     pod_annotations = ["io.katacontainers.*", "io.saya.*"]
               %4$s
               """
                .formatted(
                        directory,
                        PAUSE_IMAGE,
                        networks.size(),
                        settings.isEmpty() ? "" : options(directory.resolve(SETTINGS)),
                        snapshotter);
    }

    /** The file in which the runtime finds its configuration. */
    private static String options(Path configuration) {
        return """
               [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.saya.options]
                 ConfigPath = "%s"
               """
                .formatted(configuration);
    }

    /** The network of nodes that have no other. */
    public static final String BRIDGE =
            """
            {
              "cniVersion": "0.4.0",
              "name": "test",
              "plugins": [
                {
                  "type": "bridge",
                  "bridge": "pods0",
                  "isGateway": true,
                  "hairpinMode": true,
                  "ipam": {
                    "type": "host-local",
                    "dataDir": "%s",
                    "ranges": [[{"subnet": "10.88.0.0/16"}]],
                    "routes": [{"dst": "0.0.0.0/0"}]
                  }
                }
              ]
            }
            """;
}
