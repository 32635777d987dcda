package io.saya.ttrpc.gen;

/** Writes the client side of a service. */
final class ClientWriter {
    private static final String LIBRARY = "io.saya.ttrpc.";
    private static final String OPTIONS = LIBRARY + "CallOptions options)";
    private static final String FAILURES =
            " throws " + LIBRARY + "TtrpcException, java.lang.InterruptedException";

    private ClientWriter() {}

    static String write(ServiceModel service) {
        SourceBuilder source = SourceBuilder.start(service);
        source.javadoc(
                "Client side of {@code " + service.name() + "}, for any number of threads.",
                service.comment());
        source.open("public final class " + service.clientName());
        source.line("private final " + client(service) + " client;");
        for (MethodModel method : service.methods()) {
            source.line("private final " + LIBRARY + "wire.MethodName " + field(method) + ";");
        }
        writeConstructors(source, service);
        for (MethodModel method : service.methods()) {
            source.line("");
            writeCall(source, method);
        }
        return source.close().toString();
    }

    /** A service without streams can be called over any protocol that has unary calls. */
    private static String client(ServiceModel service) {
        for (MethodModel method : service.methods()) {
            if (method.kind() != MethodModel.Kind.UNARY) {
                return LIBRARY + "TtrpcClient";
            }
        }
        return LIBRARY + "UnaryClient";
    }

    private static void writeConstructors(SourceBuilder source, ServiceModel service) {
        source.line("");
        source.line("/** Calls the service by its own name. */");
        source.open("public " + service.clientName() + "(" + client(service) + " client)");
        source.line("this(client, " + service.interfaceName() + ".NAME);");
        source.close();
        source.line("");
        source.line("/** Calls a service that has the same methods under another name. */");
        source.open(
                "public "
                        + service.clientName()
                        + "("
                        + client(service)
                        + " client, java.lang.String name)");
        source.line("this.client = client;");
        for (MethodModel method : service.methods()) {
            source.line(
                    "this."
                            + field(method)
                            + " = "
                            + LIBRARY
                            + "wire.MethodName.of(name, \""
                            + method.name()
                            + "\");");
        }
        source.close();
    }

    private static void writeCall(SourceBuilder source, MethodModel method) {
        String request = method.requestType();
        String response = method.responseType();
        String parser = response + ".parser()";
        String name = method.javaName();
        switch (method.kind()) {
            case UNARY -> {
                document(source, method, "and waits for the answer");
                source.open(
                        "public "
                                + response
                                + " "
                                + name
                                + "("
                                + request
                                + " request, "
                                + OPTIONS
                                + FAILURES);
                source.line(
                        "return client.call("
                                + field(method)
                                + ", request, "
                                + parser
                                + ", options);");
                source.close();
                source.line("");
                document(source, method, "without waiting");
                source.open(
                        "public java.util.concurrent.CompletableFuture<"
                                + response
                                + "> "
                                + name
                                + "Async("
                                + request
                                + " request, "
                                + OPTIONS);
                source.line(
                        "return client.callAsync("
                                + field(method)
                                + ", request, "
                                + parser
                                + ", options);");
                source.close();
            }
            case SERVER_STREAMING -> {
                document(source, method, "and returns its answers as they come");
                source.open(
                        "public "
                                + LIBRARY
                                + "ResponseStream<"
                                + response
                                + "> "
                                + name
                                + "("
                                + request
                                + " request, "
                                + OPTIONS
                                + FAILURES);
                source.line(
                        "return client.serverStreaming("
                                + field(method)
                                + ", request, "
                                + parser
                                + ", options);");
                source.close();
            }
            case CLIENT_STREAMING -> {
                document(source, method, "and returns where to send its requests");
                source.open(
                        "public "
                                + LIBRARY
                                + "RequestStream<"
                                + request
                                + ", "
                                + response
                                + "> "
                                + name
                                + "("
                                + OPTIONS
                                + FAILURES);
                source.line(
                        "return client.clientStreaming("
                                + field(method)
                                + ", "
                                + parser
                                + ", options);");
                source.close();
            }
            case BIDIRECTIONAL -> {
                document(source, method, "and returns both of its directions");
                source.open(
                        "public "
                                + LIBRARY
                                + "DuplexStream<"
                                + request
                                + ", "
                                + response
                                + "> "
                                + name
                                + "("
                                + OPTIONS
                                + FAILURES);
                source.line(
                        "return client.bidirectional("
                                + field(method)
                                + ", "
                                + parser
                                + ", options);");
                source.close();
            }
        }
    }

    private static void document(SourceBuilder source, MethodModel method, String how) {
        source.javadoc("Calls {@code " + method.name() + "} " + how + ".", method.comment());
    }

    /** The field cannot be mistaken for a method's parameter. */
    private static String field(MethodModel method) {
        return method.javaName() + "Method";
    }
}
