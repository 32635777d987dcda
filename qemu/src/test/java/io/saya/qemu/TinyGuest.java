package io.saya.qemu;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Guests of a few instructions that boot as a kernel by the Multiboot protocol (version 0.6.96,
 * §3): they print a line on the first serial port and then do one thing.
 */
enum TinyGuest {
    /** Halts for ever, with interrupts off. */
    IDLE("f4 eb fd"),
    /** Burns its CPU for ever. */
    SPIN("eb fe"),
    /** Tells pvpanic (port 0x505) of a panic. */
    PANIC("b0 01 66 ba 05 05 ee f4"),
    /** Writes "sleep, type 0" to the q35's power management port, 0x604: power off. */
    SHUTDOWN("66 b8 00 20 66 ba 04 06 66 ef f4"),
    /** Pulls the reset line through port 0xcf9. */
    RESET("b0 06 66 ba f9 0c ee f4"),
    /**
     * Tells pvpanic for ever that a crash kernel was loaded: mov al, 2; mov dx, 0x505; out; jmp.
     */
    CRASH_LOADED("b0 02 66 ba 05 05 ee eb fd"),
    /**
     * Tells for ever how a plugged processor is: 0 to 0xcd8 (selects one, and QEMU's newer
     * interface), 2 to 0xcdd (what is written next is its status), then 0 to 0xce0.
     */
    PLUG_STATUS("31 c0 66 ba d8 0c ef b0 02 66 ba dd 0c ee 31 c0 66 ba e0 0c ef eb fd"),
    /** Prints lines of one character for ever. */
    LINES("66 ba f8 03 b0 78 ee b0 0a ee eb f8"),
    /** Prints for ever: mov al, '#'; mov dx, 0x3f8; out dx, al; jmp to the out. */
    FLOOD("b0 23 66 ba f8 03 ee eb fd");

    static final String GREETING = "tiny guest says hello";

    private static final int LOAD_ADDRESS = 0x100000;
    private static final int HEADER_SIZE = 32;
    private static final int MAGIC = 0x1badb002;

    /** The header tells where the image is to be loaded. */
    private static final int FLAGS = 1 << 16;

    private final String action;

    TinyGuest(String action) {
        this.action = action;
    }

    /** Writes the guest's kernel into {@code directory}. */
    Path kernel(Path directory) throws IOException {
        return Files.write(directory.resolve(name() + ".multiboot"), image());
    }

    private byte[] image() {
        byte[] text = ("\033[2J" + GREETING + "\r\n\0").getBytes(StandardCharsets.US_ASCII);
        byte[] code = code(text.length);
        int size = HEADER_SIZE + text.length + code.length;
        int entry = LOAD_ADDRESS + HEADER_SIZE + text.length;
        return ByteBuffer.allocate(size)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(MAGIC)
                .putInt(FLAGS)
                .putInt(-(MAGIC + FLAGS))
                .putInt(LOAD_ADDRESS)
                .putInt(LOAD_ADDRESS)
                .putInt(LOAD_ADDRESS + size)
                .putInt(0)
                .putInt(entry)
                .put(text)
                .put(code)
                .array();
    }

    private byte[] code(int textLength) {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        code.write(0xbe); // mov esi, text
        code.writeBytes(littleEndian(LOAD_ADDRESS + HEADER_SIZE));
        code.write(0xb9); // mov ecx, its length
        code.writeBytes(littleEndian(textLength - 1));
        put(code, 0x66, 0xba, 0xf8, 0x03); // mov dx, 0x3f8
        put(code, 0xfc, 0xf3, 0x6e); // cld; rep outsb
        code.writeBytes(HexFormat.ofDelimiter(" ").parseHex(action));
        return code.toByteArray();
    }

    private static byte[] littleEndian(int value) {
        return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    }

    private static void put(ByteArrayOutputStream out, int... bytes) {
        for (int b : bytes) {
            out.write(b);
        }
    }
}
