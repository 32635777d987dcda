package io.saya.agent;

import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.saya.proto.agent.GuestDetailsResponse;
import io.saya.proto.agent.Metrics;
import io.saya.proto.agent.OOMEvent;
import io.saya.proto.agent.ReadStreamResponse;
import io.saya.proto.agent.StatsContainerResponse;
import io.saya.proto.agent.WaitProcessResponse;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.wire.MalformedEnvelopeException;
import io.saya.ttrpc.wire.ResponseEnvelope;

/** What an agent answers, from the envelope to the words of the domain. */
public final class AnswersFuzz {
    private static final ResponseEnvelope ENVELOPE = new ResponseEnvelope();
    private static final int LONGEST_TEXT = 2048;

    private AnswersFuzz() {}

    /** The first byte says which call is answered. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] answer = java.util.Arrays.copyOfRange(input, 1, input.length);
        try {
            ENVELOPE.read(answer);
            if (ENVELOPE.code() != 0) {
                failure(ENVELOPE.code(), ENVELOPE.message());
                return;
            }
            byte[] payload =
                    java.util.Arrays.copyOfRange(
                            answer,
                            ENVELOPE.payloadOffset(),
                            ENVELOPE.payloadOffset() + ENVELOPE.payloadLength());
            success(input[0], payload);
        } catch (MalformedEnvelopeException | InvalidProtocolBufferException _) {
            // The call has failed.
        }
    }

    private static void success(byte call, byte[] payload) throws InvalidProtocolBufferException {
        switch (call & 7) {
            case 0 ->
                    plain(
                            GuestFigures.of(parsed(StatsContainerResponse.parser(), payload))
                                    .toString());
            case 1 -> {
                var told = parsed(GuestDetailsResponse.parser(), payload).getAgentDetails();
                plain(
                        GuestDetails.of(told.getVersion(), told.getSupportsSeccomp())
                                .version()
                                .toString());
            }
            case 2 -> parsed(WaitProcessResponse.parser(), payload);
            case 3 -> parsed(ReadStreamResponse.parser(), payload);
            case 4 -> parsed(OOMEvent.parser(), payload);
            default -> parsed(Metrics.parser(), payload);
        }
    }

    /** As the client reads it. */
    @SuppressWarnings("unchecked")
    private static <T> T parsed(Parser<T> parser, byte[] payload)
            throws InvalidProtocolBufferException {
        return (T) DiscardUnknownFieldsParser.wrap((Parser<Message>) parser).parseFrom(payload);
    }

    private static void failure(int code, String message) {
        TtrpcStatusException failure = new TtrpcStatusException(StatusCode.ofNumber(code), message);
        AgentError.of(failure);
        String words = AgentCall.words(failure).toString();
        plain(words);
        StartError.ofContainer(words).ifPresent(AnswersFuzz::plain);
        if (words.length() > LONGEST_TEXT) {
            throw new AssertionError("a text of " + words.length());
        }
    }

    private static void plain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) && c != '\n' && c != '\t') {
                throw new AssertionError("character " + (int) c);
            }
        }
    }
}
