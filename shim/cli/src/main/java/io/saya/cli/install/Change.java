package io.saya.cli.install;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** One change of the host's files, with what was there before, so that it can be undone. */
sealed interface Change {

    /** Makes it. Blocks for the disk. */
    void make() throws IOException;

    /** Makes it undone. Blocks for the disk. */
    void undo() throws IOException;

    /** One line: what it does to what. */
    String text();

    /**
     * A file's whole content.
     *
     * @param before empty: there is none
     * @param after empty: there will be none
     */
    record Content(Path file, Optional<Bytes> before, Optional<Bytes> after) implements Change {

        @Override
        public void make() throws IOException {
            put(file, after);
        }

        @Override
        public void undo() throws IOException {
            put(file, before);
        }

        @Override
        public String text() {
            return after.isEmpty()
                    ? "remove " + file
                    : before.isEmpty() ? "write  " + file : "change " + file;
        }

        /**
         * A reader finds the old content or the new, never a part; a crash leaves one of them.
         * Where the name is a symbolic link, what it leads to is replaced.
         */
        private static void put(Path name, Optional<Bytes> content) throws IOException {
            if (content.isEmpty()) {
                Files.deleteIfExists(name);
                return;
            }
            Path file = Files.exists(name) ? name.toRealPath() : name;
            Path fresh = file.resolveSibling("." + file.getFileName() + ".saya-new");
            Files.deleteIfExists(fresh);
            try (FileChannel out =
                    FileChannel.open(
                            fresh,
                            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")))) {
                ByteBuffer bytes = ByteBuffer.wrap(content.get().array());
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                keepOwner(file, fresh);
                out.force(true);
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(fresh);
            }
        }

        private static void keepOwner(Path old, Path fresh) throws IOException {
            if (!Files.exists(old)) {
                Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
                return;
            }
            Map<String, Object> was = Files.readAttributes(old, "unix:uid,gid");
            for (String name : List.of("uid", "gid")) {
                Object owner = was.get(name);
                if (owner != null && !owner.equals(Files.getAttribute(fresh, "unix:" + name))) {
                    Files.setAttribute(fresh, "unix:" + name, owner);
                }
            }
            Files.setPosixFilePermissions(fresh, Files.getPosixFilePermissions(old));
        }
    }

    /**
     * Where a symbolic link leads.
     *
     * @param before empty: there is none
     * @param after empty: there will be none
     */
    record Link(Path link, Optional<Path> before, Optional<Path> after) implements Change {

        @Override
        public void make() throws IOException {
            put(after);
        }

        @Override
        public void undo() throws IOException {
            put(before);
        }

        @Override
        public String text() {
            return after.isEmpty() ? "remove " + link : "link   " + link + " -> " + after.get();
        }

        private void put(Optional<Path> target) throws IOException {
            if (target.isEmpty()) {
                Files.deleteIfExists(link);
                return;
            }
            Path fresh = link.resolveSibling("." + link.getFileName() + ".saya-new");
            Files.deleteIfExists(fresh);
            Files.createSymbolicLink(fresh, target.get());
            Files.move(fresh, link, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /**
     * A directory, made or removed.
     *
     * @param made false: removed, if it is empty by then
     */
    record Directory(Path directory, boolean made) implements Change {

        @Override
        public void make() throws IOException {
            put(made);
        }

        @Override
        public void undo() throws IOException {
            put(!made);
        }

        @Override
        public String text() {
            return (made ? "make   " : "remove ") + directory;
        }

        private void put(boolean there) throws IOException {
            if (there) {
                if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                    Files.createDirectory(directory);
                }
            } else if (isEmpty()) {
                Files.deleteIfExists(directory);
            }
        }

        private boolean isEmpty() throws IOException {
            if (!Files.isDirectory(directory)) {
                return false;
            }
            try (var entries = Files.list(directory)) {
                return entries.findAny().isEmpty();
            }
        }
    }
}
