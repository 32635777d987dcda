package io.saya.config.option;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.zip.GZIPInputStream;

/**
 * Init data as annotations have it: TOML, packed by gzip, in base64. What it says is the agent's.
 */
final class InitDataType extends ValueType<String> {

    /** Unpacked. Keys, certificates and a policy are some KiB. */
    private static final int MOST_BYTES = 3 << 20;

    @Override
    public String fromToml(Object raw) throws BadValue {
        if (raw instanceof String text) {
            return fromText(text);
        }
        throw BadValue.notText(raw);
    }

    @Override
    public String fromText(String text) throws BadValue {
        if (text.isBlank()) {
            return "";
        }
        byte[] packed;
        int length;
        try {
            packed = Base64.getMimeDecoder().decode(text);
            try (GZIPInputStream data = new GZIPInputStream(new ByteArrayInputStream(packed))) {
                length = data.readNBytes(MOST_BYTES + 1).length;
            }
        } catch (IllegalArgumentException | IOException e) {
            throw BadValue.asExpected();
        }
        if (length > MOST_BYTES) {
            throw new BadValue("unpacked it has more than 3 MiB");
        }
        return Base64.getEncoder().encodeToString(packed);
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
        return "TOML, packed by gzip, in base64";
    }
}
