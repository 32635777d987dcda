package io.saya.config.option;

import io.saya.config.RootImage.Verity;

/** What dm-verity needs to know about an image; empty: it is not checked. */
final class VerityType extends ValueType<String> {

    @Override
    public String fromToml(Object raw) throws BadValue {
        if (raw instanceof String text) {
            return fromText(text);
        }
        throw BadValue.notText(raw);
    }

    @Override
    public String fromText(String text) throws BadValue {
        if (text.isEmpty()) {
            return text;
        }
        try {
            Verity.parse(text);
            return text;
        } catch (IllegalArgumentException e) {
            throw new BadValue(String.valueOf(e.getMessage()));
        }
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
        return "root_hash=HEX,salt=HEX,data_blocks=N,data_block_size=N,hash_block_size=N, or empty";
    }
}
