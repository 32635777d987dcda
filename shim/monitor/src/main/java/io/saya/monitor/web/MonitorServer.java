package io.saya.monitor.web;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.saya.json.Json;
import io.saya.monitor.NodeMonitor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * Serves the pages over HTTP, or HTTPS: the JDK's own server, a virtual thread for each request.
 * Reads only, so GET and HEAD are all that it knows.
 */
public final class MonitorServer implements AutoCloseable {
    /** A figure of the page is younger than that, or the sandboxes are asked again. */
    private static final Duration FRESH = Duration.ofSeconds(2);

    private static final int BACKLOG = 64;

    private final HttpServer server;
    private final ExecutorService threads;
    private final NodeMonitor monitor;

    static {
        // Read once, when the server's classes are initialized. A client that sends or takes slowly
        // gives its place back; times are in seconds.
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
        System.setProperty("sun.net.httpserver.maxRspTime", "60");
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.maxReqHeaders", "64");
        System.setProperty("jdk.httpserver.maxConnections", "64");
    }

    private MonitorServer(HttpServer server, NodeMonitor monitor) {
        this.server = server;
        this.monitor = monitor;
        this.threads =
                Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http ", 0).factory());
    }

    /**
     * Binds and serves.
     *
     * @param webConfig a web configuration file, if there is one
     * @throws IOException if the address cannot be had, or the file is wrong
     */
    public static MonitorServer start(
            InetSocketAddress address, Optional<Path> webConfig, NodeMonitor monitor)
            throws IOException {
        WebConfig config =
                webConfig.isPresent() ? WebConfigFile.read(webConfig.get()) : WebConfig.OPEN;
        HttpServer http;
        try {
            http =
                    config.tls().isPresent()
                            ? secure(address, config.tls().get())
                            : HttpServer.create(address, BACKLOG);
        } catch (java.net.BindException e) {
            throw new IOException("--listen-address " + address + ": " + e.getMessage(), e);
        }
        MonitorServer server = new MonitorServer(http, monitor);
        server.pages(config);
        http.setExecutor(server.threads);
        http.start();
        return server;
    }

    /** Where it listens; the port is a real one also if 0 was asked for. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private static HttpServer secure(InetSocketAddress address, WebConfig.Tls tls)
            throws IOException {
        SSLContext context = TlsContext.of(tls);
        HttpsServer server = HttpsServer.create(address, BACKLOG);
        server.setHttpsConfigurator(
                new HttpsConfigurator(context) {
                    @Override
                    public void configure(HttpsParameters parameters) {
                        SSLParameters ours = context.getDefaultSSLParameters();
                        ours.setProtocols(tls.protocols().toArray(String[]::new));
                        ours.setNeedClientAuth(
                                tls.clientAuth() == WebConfig.ClientAuth.REQUIRE_AND_VERIFY);
                        parameters.setSSLParameters(ours);
                    }
                });
        return server;
    }

    private void pages(WebConfig config) {
        MetricsPage metrics = new MetricsPage(monitor);
        List<HttpContext> contexts =
                List.of(
                        page("/metrics", metrics::answer),
                        page("/sandboxes", this::sandboxes),
                        page("/healthz", exchange -> Reply.text(exchange, 200, "ok\n")),
                        page("/", StaticPages::answer));
        if (!config.users().isEmpty()) {
            Passwords passwords = new Passwords(config.users());
            contexts.forEach(context -> context.setAuthenticator(passwords));
        }
    }

    private void sandboxes(HttpExchange exchange) throws IOException, InterruptedException {
        if (!Query.values(exchange.getRequestURI(), "fresh").isEmpty()) {
            monitor.refresh(FRESH);
        }
        byte[] json = (Json.write(monitor.sandboxesJson()) + "\n").getBytes(StandardCharsets.UTF_8);
        Reply.stream(exchange, "application/json", out -> out.write(json));
    }

    /** What answers requests. */
    @FunctionalInterface
    private interface Page {
        void answer(HttpExchange exchange) throws IOException, InterruptedException;
    }

    private HttpContext page(String path, Page page) {
        return server.createContext(
                path,
                exchange -> {
                    try (exchange) {
                        answer(exchange, path, page);
                    } catch (InterruptedException _) {
                        Thread.currentThread().interrupt();
                    }
                });
    }

    private static void answer(HttpExchange exchange, String path, Page page)
            throws IOException, InterruptedException {
        SecurityHeaders.add(exchange.getResponseHeaders());
        String method = exchange.getRequestMethod();
        String asked = exchange.getRequestURI().getPath();
        if (!method.equals("GET") && !method.equals("HEAD")) {
            exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            Reply.text(exchange, 405, method + ": only GET and HEAD are served\n");
        } else if (!path.equals("/") && !path.equals(asked)) {
            // The server's contexts are beginnings of paths.
            Reply.text(exchange, 404, "no such page\n");
        } else {
            page.answer(exchange);
        }
    }
}
