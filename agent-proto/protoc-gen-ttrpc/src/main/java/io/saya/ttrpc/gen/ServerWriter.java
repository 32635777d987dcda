package io.saya.ttrpc.gen;

/** Writes the server side of a service: an interface to implement, and its binding to the wire. */
final class ServerWriter {
    private static final String LIBRARY = "io.saya.ttrpc.";
    private static final String FAILURES =
            " throws " + LIBRARY + "TtrpcException, java.lang.InterruptedException";

    private ServerWriter() {}

    static String write(ServiceModel service) {
        SourceBuilder source = SourceBuilder.start(service);
        source.javadoc(
                "Server side of {@code "
                        + service.name()
                        + "}; a method that is not overridden answers that it is unimplemented.",
                service.comment());
        source.open("public interface " + service.interfaceName());
        source.line("/** Name of the service on the wire. */");
        source.line("String NAME = \"" + service.name() + "\";");
        for (MethodModel method : service.methods()) {
            source.line("");
            writeHandler(source, method);
        }
        writeBind(source, service);
        writeBinding(source, service);
        return source.close().toString();
    }

    private static void writeHandler(SourceBuilder source, MethodModel method) {
        source.javadoc(
                "Serves {@code " + method.name() + "} on a virtual thread of its own.",
                method.comment());
        source.open("default " + signature(method) + FAILURES);
        source.line(
                "throw "
                        + LIBRARY
                        + "TtrpcStatusException.unimplemented(NAME, \""
                        + method.name()
                        + "\");");
        source.close();
    }

    private static String signature(MethodModel method) {
        String context = "(" + LIBRARY + "CallContext context, ";
        String request = method.requestType() + " request";
        String requests = LIBRARY + "MessageReceiver<" + method.requestType() + "> requests";
        String responses = LIBRARY + "MessageSender<" + method.responseType() + "> responses";
        return switch (method.kind()) {
            case UNARY -> method.responseType() + " " + method.javaName() + context + request + ")";
            case CLIENT_STREAMING ->
                    method.responseType() + " " + method.javaName() + context + requests + ")";
            case SERVER_STREAMING ->
                    "void " + method.javaName() + context + request + ", " + responses + ")";
            case BIDIRECTIONAL ->
                    "void " + method.javaName() + context + requests + ", " + responses + ")";
        };
    }

    private static void writeBind(SourceBuilder source, ServiceModel service) {
        String type = service.interfaceName();
        source.line("");
        source.line("/** Binds an implementation to the name of the service. */");
        source.open("static " + LIBRARY + "ServiceBinding bind(" + type + " service)");
        source.line("return new Binding(NAME, service);");
        source.close();
        source.line("");
        source.line(
                "/** Binds an implementation to another name by which peers call the same methods. */");
        source.open(
                "static "
                        + LIBRARY
                        + "ServiceBinding bind("
                        + type
                        + " service, java.lang.String name)");
        source.line("return new Binding(name, service);");
        source.close();
    }

    private static void writeBinding(SourceBuilder source, ServiceModel service) {
        source.line("");
        source.line("/** Decodes requests and calls the implementation. */");
        source.open("final class Binding extends " + LIBRARY + "ServiceBinding");
        source.line("private final " + service.interfaceName() + " service;");
        source.line("");
        source.open(
                "private Binding(java.lang.String name, " + service.interfaceName() + " service)");
        source.line("super(name);");
        source.line("this.service = service;");
        for (MethodModel method : service.methods()) {
            source.line(
                    "method(\""
                            + method.name()
                            + "\", "
                            + LIBRARY
                            + "MethodKind."
                            + method.kind()
                            + ");");
        }
        source.close();
        source.line("");
        source.line("@Override");
        source.open(
                "protected void dispatch(int method, " + LIBRARY + "ServerCall call)" + FAILURES);
        source.open("switch (method)");
        for (int i = 0; i < service.methods().size(); i++) {
            source.line("case " + i + " -> " + invocation(service.methods().get(i)) + ";");
        }
        source.line(
                "default -> throw new java.lang.IllegalArgumentException(\"method index \" + method);");
        source.close().close().close();
    }

    private static String invocation(MethodModel method) {
        String call = "service." + method.javaName() + "(call.context(), ";
        String request = "call.request(" + method.requestType() + ".parser())";
        String requests = "call.requests(" + method.requestType() + ".parser())";
        return switch (method.kind()) {
            case UNARY -> "call.respond(" + call + request + "))";
            case CLIENT_STREAMING -> "call.respond(" + call + requests + "))";
            case SERVER_STREAMING -> call + request + ", call.responses())";
            case BIDIRECTIONAL -> call + requests + ", call.responses())";
        };
    }
}
