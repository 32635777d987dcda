package io.saya.config.option;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A policy in Rego, as it is or in base64, as annotations have it. No policy is base64 by itself:
 * it begins with {@code package}, and a blank.
 */
final class PolicyType extends ValueType<String> {

    /** More than a message to an agent may have. */
    private static final int MOST_CHARACTERS = 3 << 20;

    @Override
    public String fromToml(Object raw) throws BadValue {
        if (raw instanceof String text) {
            return fromText(text);
        }
        throw BadValue.notText(raw);
    }

    @Override
    public String fromText(String text) throws BadValue {
        String policy = text.isBlank() || text.contains("package") ? text : decoded(text);
        if (policy.length() > MOST_CHARACTERS) {
            throw new BadValue("it has " + policy.length() + " characters; at most 3 MiB are sent");
        }
        return policy;
    }

    private static String decoded(String text) throws BadValue {
        try {
            byte[] bytes = Base64.getMimeDecoder().decode(text);
            String policy =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            if (policy.contains("package")) {
                return policy;
            }
        } catch (IllegalArgumentException | CharacterCodingException e) {
            // Said below.
        }
        throw BadValue.asExpected();
    }

    @Override
    public String toToml(String value) {
        return TomlText.quote(value);
    }

    @Override
    public String name() {
        return "string";
    }

    @Override
    public String expected() {
        return "a policy in Rego that begins with \"package agent_policy\", or that in base64";
    }
}
