package io.saya.network;

/** Writes addresses as text. */
final class IpText {
    private static final int V4_LENGTH = 4;

    private IpText() {}

    /** The address; empty for no bytes. IPv6 is not abbreviated. */
    static String of(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bytes.length; i++) {
            if (bytes.length == V4_LENGTH) {
                text.append(i == 0 ? "" : ".").append(bytes[i] & 0xff);
            } else if (i % 2 == 0) {
                int group =
                        (bytes[i] & 0xff) << 8 | (i + 1 < bytes.length ? bytes[i + 1] & 0xff : 0);
                text.append(i == 0 ? "" : ":").append(Integer.toHexString(group));
            }
        }
        return text.toString();
    }

    /** {@code 02:00:00:00:00:01}. */
    static String mac(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            if (!text.isEmpty()) {
                text.append(':');
            }
            text.append(Character.forDigit(b >> 4 & 0xf, 16))
                    .append(Character.forDigit(b & 0xf, 16));
        }
        return text.toString();
    }
}
