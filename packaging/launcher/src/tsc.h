/* The frequency of the host's time stamp counter, which guests under QEMU's TCG see as theirs. Their kernel measures it at
 * boot, and on a busy host can be wrong by a factor; told the number, it need not (packaging/guest/README.md). */
#ifndef SAYA_TSC_H
#define SAYA_TSC_H

/* The counter and the clock at one instant. */
struct tsc_mark {
    unsigned long long ticks, ns;
};

struct tsc_mark tsc_mark(void);

/* kHz between two instants, or 0 if the host does not keep time by the counter, so that it may not be steady or not the
 * same on all CPUs. Waits until they are 1 ms apart, which makes the result good to 0.1 % or better. */
unsigned long tsc_khz(struct tsc_mark since);

#endif
