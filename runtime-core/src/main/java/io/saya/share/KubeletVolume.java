package io.saya.share;

import com.google.protobuf.ByteString;
import io.saya.agent.GuestFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A volume that a kubelet fills from the API and changes while containers look at it: ConfigMap,
 * Secret, projected, downward API. A kubelet makes a new directory with all files, has the link
 * {@code ..data} lead to that, and removes the old one; so where the link leads tells one content
 * from another.
 *
 * @param directory the volume on the host
 */
public record KubeletVolume(Path directory) {

    /** What is sent to the guest at most; a ConfigMap, or a Secret, has at most a MiB. */
    static final int MOST_BYTES = 3 << 20;

    static final int MOST_FILES = 2048;

    private static final int DEEPEST = 8;

    /** Names in {@code /var/lib/kubelet/pods/UID/volumes}. */
    private static final Set<String> KINDS =
            Set.of(
                    "kubernetes.io~configmap",
                    "kubernetes.io~secret",
                    "kubernetes.io~projected",
                    "kubernetes.io~downward-api");

    private static final Path VOLUMES = Path.of("volumes");
    private static final String DATA = "..data";

    /** How often a volume is read that changes meanwhile; a kubelet changes one once a minute. */
    private static final int TRIES = 5;

    private static final int TYPE = 0170000;
    private static final int IS_DIRECTORY = 0040000;
    private static final int IS_FILE = 0100000;
    private static final int IS_LINK = 0120000;

    /**
     * What a volume holds.
     *
     * @param version another one with each content
     * @param files each directory before what is in it
     */
    public record Content(String version, List<GuestFile> files) {

        public Content {
            files = List.copyOf(files);
        }

        /** The size of what files hold, in bytes. */
        public int bytes() {
            return files.stream().mapToInt(file -> file.content().size()).sum();
        }
    }

    /**
     * What a guest has been told of a volume.
     *
     * @param version of {@link Content}
     */
    public record Told(KubeletVolume volume, String version) {}

    /** Returns the volume that is the source of a mount, if it is one. Looks at the name only. */
    public static Optional<KubeletVolume> of(Path source) {
        Path kind = source.getParent();
        if (kind == null || !KINDS.contains(String.valueOf(kind.getFileName()))) {
            return Optional.empty();
        }
        Path volumes = kind.getParent();
        return volumes != null && volumes.endsWith(VOLUMES)
                ? Optional.of(new KubeletVolume(source))
                : Optional.empty();
    }

    /** The volume's name in its pod, with its kind: two kinds may have a volume of one name. */
    public String name() {
        Path kind = directory.getParent();
        return (kind == null ? "" : kind.getFileName() + "/") + directory.getFileName();
    }

    /**
     * Returns what tells its content from any other; empty if it is not there, or not filled by a
     * kubelet. A short look.
     */
    public Optional<String> version() throws IOException {
        try {
            return Optional.of(Files.readSymbolicLink(directory.resolve(DATA)).toString());
        } catch (NoSuchFileException | NotLinkException e) {
            return Optional.empty();
        }
    }

    /**
     * Reads all of it, at one moment between two changes. Empty if it is not filled by a kubelet,
     * holds other things than directories, files and links, or more than {@code most} bytes.
     *
     * @param most bytes; never more than {@link #MOST_BYTES}
     */
    public Optional<Content> read(int most) throws IOException {
        for (int i = 1; ; i++) {
            Optional<String> before = version();
            if (before.isEmpty()) {
                return Optional.empty();
            }
            try {
                Optional<Content> found =
                        new Reading(directory, Math.min(most, MOST_BYTES)).content(before.get());
                if (version().equals(before)) {
                    return found;
                }
            } catch (NoSuchFileException e) {
                if (i == TRIES) {
                    throw e;
                }
            }
            if (i == TRIES) {
                throw new IOException(
                        directory + " has changed " + TRIES + " times while it was read");
            }
        }
    }

    /** One walk through a volume. */
    private static final class Reading {
        private final Path top;
        private final List<GuestFile> files = new ArrayList<>();
        private int left;
        private boolean fits = true;

        Reading(Path top, int most) {
            this.top = top;
            this.left = most;
        }

        Optional<Content> content(String version) throws IOException {
            add(top, 0);
            return fits ? Optional.of(new Content(version, files)) : Optional.empty();
        }

        private void add(Path file, int depth) throws IOException {
            Map<String, Object> status =
                    Files.readAttributes(file, "unix:mode,uid,gid,size", LinkOption.NOFOLLOW_LINKS);
            int mode = number(status, "mode");
            fits =
                    fits
                            && depth <= DEEPEST
                            && files.size() < MOST_FILES
                            && number(status, "size") <= MOST_BYTES;
            if (!fits) {
                return;
            }
            ByteString content =
                    switch (mode & TYPE) {
                        case IS_DIRECTORY -> ByteString.EMPTY;
                        case IS_FILE -> ByteString.copyFrom(Files.readAllBytes(file));
                        case IS_LINK ->
                                ByteString.copyFromUtf8(Files.readSymbolicLink(file).toString());
                        default -> {
                            fits = false;
                            yield ByteString.EMPTY;
                        }
                    };
            left -= content.size();
            fits = fits && left >= 0;
            files.add(
                    new GuestFile(
                            depth == 0 ? "." : top.relativize(file).toString(),
                            mode,
                            number(status, "uid"),
                            number(status, "gid"),
                            content));
            if ((mode & TYPE) == IS_DIRECTORY) {
                addEntries(file, depth);
            }
        }

        /** Links last: what they lead to is there before they do. */
        private void addEntries(Path directory, int depth) throws IOException {
            List<Path> links = new ArrayList<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                for (Path entry : entries) {
                    if (!fits) {
                        return;
                    }
                    if (Files.isSymbolicLink(entry)) {
                        links.add(entry);
                    } else {
                        add(entry, depth + 1);
                    }
                }
            }
            links.sort((a, b) -> Boolean.compare(b.endsWith(DATA), a.endsWith(DATA)));
            for (Path link : links) {
                add(link, depth + 1);
            }
        }

        private static int number(Map<String, Object> status, String name) {
            return (int)
                    Math.min(
                            ((Number) status.getOrDefault(name, 0)).longValue(), Integer.MAX_VALUE);
        }
    }
}
