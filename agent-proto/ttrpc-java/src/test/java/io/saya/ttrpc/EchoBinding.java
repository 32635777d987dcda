package io.saya.ttrpc;

import com.google.protobuf.BytesValue;
import com.google.protobuf.Int32Value;
import com.google.protobuf.StringValue;
import io.saya.ttrpc.wire.MethodName;

/**
 * A service as the generator would write it, with a method of each kind, over protobuf's own
 * messages.
 */
final class EchoBinding extends ServiceBinding {
    static final String NAME = "test.Echo";
    static final MethodName ECHO = MethodName.of(NAME, "Echo");
    static final MethodName BYTES = MethodName.of(NAME, "Bytes");
    static final MethodName COUNT = MethodName.of(NAME, "Count");
    static final MethodName SUM = MethodName.of(NAME, "Sum");
    static final MethodName CHAT = MethodName.of(NAME, "Chat");

    /** What the tests put behind the methods. */
    interface Echo {
        default StringValue echo(CallContext context, StringValue request)
                throws TtrpcException, InterruptedException {
            return request;
        }

        default BytesValue bytes(CallContext context, BytesValue request)
                throws TtrpcException, InterruptedException {
            return request;
        }

        default void count(
                CallContext context, Int32Value request, MessageSender<Int32Value> responses)
                throws TtrpcException, InterruptedException {
            for (int i = 0; i < request.getValue(); i++) {
                responses.send(Int32Value.of(i));
            }
        }

        default Int32Value sum(CallContext context, MessageReceiver<Int32Value> requests)
                throws TtrpcException, InterruptedException {
            int sum = 0;
            for (Int32Value next = requests.receive(); next != null; next = requests.receive()) {
                sum += next.getValue();
            }
            return Int32Value.of(sum);
        }

        default void chat(
                CallContext context,
                MessageReceiver<BytesValue> requests,
                MessageSender<BytesValue> responses)
                throws TtrpcException, InterruptedException {
            for (BytesValue next = requests.receive(); next != null; next = requests.receive()) {
                responses.send(next);
            }
        }
    }

    private final Echo service;

    EchoBinding(Echo service) {
        super(NAME);
        this.service = service;
        method("Echo", MethodKind.UNARY);
        method("Bytes", MethodKind.UNARY);
        method("Count", MethodKind.SERVER_STREAMING);
        method("Sum", MethodKind.CLIENT_STREAMING);
        method("Chat", MethodKind.BIDIRECTIONAL);
    }

    @Override
    protected void dispatch(int method, ServerCall call)
            throws TtrpcException, InterruptedException {
        CallContext context = call.context();
        switch (method) {
            case 0 -> call.respond(service.echo(context, call.request(StringValue.parser())));
            case 1 -> call.respond(service.bytes(context, call.request(BytesValue.parser())));
            case 2 -> service.count(context, call.request(Int32Value.parser()), call.responses());
            case 3 -> call.respond(service.sum(context, call.requests(Int32Value.parser())));
            case 4 -> service.chat(context, call.requests(BytesValue.parser()), call.responses());
            default -> throw new IllegalArgumentException("method index " + method);
        }
    }
}
