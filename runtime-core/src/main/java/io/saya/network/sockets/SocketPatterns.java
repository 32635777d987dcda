package io.saya.network.sockets;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Which sockets of the host containers may connect to: globs, each matched against a whole path in
 * which there is no link.
 */
public final class SocketPatterns {

    /** What is looked at below one volume at most; sockets lie in small directories. */
    private static final int MOST_FILES = 2048;

    /** How many directories below a volume are looked into for a glob with {@code **}. */
    private static final int DEEPEST = 4;

    private final List<String> globs;
    private final List<PathMatcher> matchers;

    /** What cannot be understood as a glob admits nothing. */
    public SocketPatterns(List<String> globs) {
        this.globs = List.copyOf(globs);
        this.matchers = globs.stream().map(SocketPatterns::matcher).toList();
    }

    private static PathMatcher matcher(String glob) {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + glob);
        } catch (PatternSyntaxException e) {
            return _ -> false;
        }
    }

    /** True if nothing is admitted. */
    public boolean none() {
        return globs.isEmpty();
    }

    /** The socket that a path leads to, if there is one and it is admitted. */
    public Optional<HostSocket> admitted(Path path) throws IOException {
        if (none() || !Files.exists(path)) {
            return Optional.empty();
        }
        Path real = path.toRealPath();
        return admits(real) ? HostSocket.at(real) : Optional.empty();
    }

    private boolean admits(Path real) {
        return matchers.stream().anyMatch(matcher -> matcher.matches(real));
    }

    /**
     * The admitted sockets below a directory now. Files that come and go meanwhile are no error.
     *
     * @param directory without a link in its path
     */
    public List<HostSocket> below(Path directory) throws IOException {
        int depth = depth(directory);
        List<HostSocket> found = new ArrayList<>();
        if (depth > 0) {
            Files.walkFileTree(
                    directory, EnumSet.noneOf(FileVisitOption.class), depth, new Search(found));
        }
        return found;
    }

    /** True if an admitted socket may lie below it. */
    public boolean reachBelow(Path directory) {
        return depth(directory) > 0;
    }

    /** How deep below it an admitted socket may lie. */
    private int depth(Path directory) {
        int depth = 0;
        for (String glob : globs) {
            int own = Path.of(glob).getNameCount() - directory.getNameCount();
            depth = Math.max(depth, glob.contains("**") ? DEEPEST : own);
        }
        return depth;
    }

    private final class Search extends SimpleFileVisitor<Path> {
        private final List<HostSocket> found;
        private int looked;

        Search(List<HostSocket> found) {
            this.found = found;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            if (attributes.isOther() && admits(file)) {
                HostSocket.at(file).ifPresent(found::add);
            }
            return ++looked < MOST_FILES ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException gone) {
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException gone) {
            return FileVisitResult.CONTINUE;
        }
    }
}
