package io.saya.agent;

import io.saya.failure.RuntimeFailure;
import io.saya.ttrpc.UnaryConnector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * gRPC, loaded when the first agent turns out to speak it: a daemon that never meets one has no
 * class and no jar of it. Thread safe.
 */
public final class GrpcLibrary {

    /** What gRPC consists of beyond the daemon's own jars: beginnings of names. */
    private static final List<String> JARS =
            List.of(
                    "saya-grpc.",
                    "grpc-",
                    "perfmark-",
                    "guava.",
                    "failureaccess.",
                    "netty-codec-",
                    "netty-handler.");

    private final Path directory;
    private @Nullable UnaryConnector loaded;

    /**
     * @param directory holds the jars ({@code lib/cli}), besides others
     */
    public GrpcLibrary(Path directory) {
        this.directory = directory;
    }

    /**
     * The connector; loads it at the first call, which takes some tenths of a second.
     *
     * @throws RuntimeFailure if the installation is incomplete
     */
    synchronized UnaryConnector connector() {
        UnaryConnector known = loaded;
        if (known == null) {
            known = load();
            loaded = known;
        }
        return known;
    }

    /** The loader lives as long as the daemon, and so do the classes. */
    private UnaryConnector load() {
        ClassLoader loader =
                new URLClassLoader(
                        "grpc", jars().toArray(URL[]::new), GrpcLibrary.class.getClassLoader());
        return ServiceLoader.load(UnaryConnector.class, loader)
                .findFirst()
                .orElseThrow(
                        () ->
                                RuntimeFailure.internal(
                                        "the guest's agent speaks gRPC, as agents of Kata 1.x do,"
                                                + " and "
                                                + directory
                                                + " has no saya-grpc.jar: install Saya again",
                                        null));
    }

    private List<URL> jars() {
        List<URL> urls = new ArrayList<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(directory, GrpcLibrary::isNeeded)) {
            for (Path file : files) {
                urls.add(url(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return urls;
    }

    private static boolean isNeeded(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(".jar") && JARS.stream().anyMatch(name::startsWith);
    }

    private static URL url(Path file) throws MalformedURLException {
        return file.toUri().toURL();
    }
}
