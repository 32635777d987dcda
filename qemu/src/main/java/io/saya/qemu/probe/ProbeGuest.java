package io.saya.qemu.probe;

import java.util.HexFormat;

/**
 * The probe's guest: firmware of 64 KiB that goes the way of every guest, from real mode by
 * protected mode into long mode with paging, and there does what takes a processor some 20 ms: 2^24
 * rounds of adding to memory. Then it tells QEMU's isa-debug-exit device its exit code.
 *
 * <p>The work is the point. On some hosts, nested in another VM, KVM emulates one instruction after
 * the other: all is well with a guest of a few instructions, but at half a million instructions per
 * second no kernel gets anywhere.
 */
final class ProbeGuest {

    /** I/O port of isa-debug-exit. */
    static final int EXIT_PORT = 0xf4;

    /** Exit code of QEMU when the guest has done its work: isa-debug-exit makes 2n+1 of n. */
    static final int EXIT_CODE = 2 * 0x17 + 1;

    private static final int SIZE = 64 * 1024;

    /**
     * Offset at which an x86 processor begins, counted from the start of the last 64 KiB below 4
     * GiB.
     */
    private static final int RESET_VECTOR = 0xfff0;

    /** {@code ljmp $0xf000,$0}: to the copy of the firmware below 1 MiB. */
    private static final String RESET_CODE = "ea000000f0";

    /** Runs at linear address 0xf0000. */
    private static final String CODE =
            // real mode: cli; cld; lgdtl %cs:gdtr; cr0 |= PE; ljmpl $8,$0xf0019
            "fafc 2e660f0116c100 0f20c0 0c01 0f22c0 66ea19000f000800"
                    // protected mode: ds = es = ss = 16
                    + "b810000000 8ed8 8ec0 8ed0"
                    // page tables from 0x10000 on, cleared; the first 2 MiB as they are
                    + "bf00000100 31c0 b9000c0000 f3ab"
                    + "c7050000010003100100 c7050010010003200100 c7050020010083000000"
                    // cr4 = PAE; cr3 = 0x10000; EFER |= LME; cr0 |= PG
                    + "b820000000 0f22e0 b800000100 0f22d8"
                    + "b9800000c0 0f32 0d00010000 0f30 0f20c0 0d00000080 0f22c0"
                    // ljmp $24,$0xf0080
                    + "ea80000f001800"
                    // long mode: eax = 0; cpuid; ecx = 2^24
                    + "31c0 0fa2 b900000001"
                    // 1: eax = ecx & 0x7fffc; 0x100000(rax) += ecx; loop to 1 until ecx is 0
                    + "89c8 25fcff0700 018800001000 ffc9 75ef"
                    // out 0x17 to port 0xf4; hlt for ever
                    + "b017 e6f4 f4 ebfd"
                    // gdt: null, code of 32 bits, data, code of 64 bits
                    + "0000000000000000 ffff0000009bcf00 ffff00000093cf00 ffff0000009baf00"
                    // gdtr: limit 31, base 0xf00a1
                    + "1f00 a1000f00";

    private ProbeGuest() {}

    /** The firmware. */
    static byte[] image() {
        byte[] image = new byte[SIZE];
        place(image, 0, CODE);
        place(image, RESET_VECTOR, RESET_CODE);
        return image;
    }

    private static void place(byte[] image, int offset, String hex) {
        byte[] code = HexFormat.of().parseHex(hex.replace(" ", ""));
        System.arraycopy(code, 0, image, offset, code.length);
    }
}
