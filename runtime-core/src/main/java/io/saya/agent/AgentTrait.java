package io.saya.agent;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What agents do differently, with the releases that do it: the one table of it (signals, ends,
 * streams: agent-proto/api/agents.md). The default guest's agent has none of the traits of Kata's,
 * and some of its own. What is told apart by the text of an error is in {@link AgentError}.
 */
public enum AgentTrait {

    /** Connects to ports of the guest's localhost. */
    CONNECTS_PORTS(Maker.SAYA, AgentVersion.FIRST, AgentVersion.LAST, Unread.NO),

    /** Has sockets that stand for the host's. */
    FORWARDS_SOCKETS(Maker.SAYA, AgentVersion.FIRST, AgentVersion.LAST, Unread.NO),

    /** Has its clock run faster or slower for a while where little is to be put right. */
    SLEWS_CLOCK(Maker.SAYA, AgentVersion.FIRST, AgentVersion.LAST, Unread.NO),

    /** Can be saved and go on in another VM: makes random numbers and the time its own. */
    STARTS_FROM_TEMPLATE(Maker.SAYA, AgentVersion.FIRST, AgentVersion.LAST, Unread.NO),

    /** Mounts the file system that is in a file (driver {@code loop}). */
    MOUNTS_FILES(Maker.SAYA, AgentVersion.FIRST, AgentVersion.LAST, Unread.NO),

    /** Gives up page cache on request. */
    GIVES_UP_PAGE_CACHE(Maker.SAYA, AgentVersion.FIRST, AgentVersion.LAST, Unread.NO),

    /**
     * Makes the files of a volume, and makes them anew when they are sent again (driver {@code
     * files}).
     */
    KEEPS_FILES(Maker.SAYA, AgentVersion.FIRST, AgentVersion.LAST, Unread.NO),

    /**
     * Puts a container into the pid namespace of any other ({@code path} of it: the other's id).
     */
    JOINS_PID_NAMESPACE(Maker.SAYA, AgentVersion.FIRST, AgentVersion.LAST, Unread.NO),

    /**
     * Mounts what is inside a volume of another container's without following links there, which
     * that may put in its place.
     */
    FOLLOWS_NO_LINK_IN_VOLUMES(Maker.SAYA, AgentVersion.FIRST, AgentVersion.LAST, Unread.NO),

    /** Keeps output that is read by position until it is said to be done with. */
    KEEPS_OUTPUT(Maker.SAYA, AgentVersion.FIRST, AgentVersion.LAST, Unread.NO),

    /**
     * The output of a process is forgotten once its exit status was fetched: it is read to its end
     * first.
     */
    STREAMS_END_WITH_WAIT(Maker.KATA, AgentVersion.FIRST, AgentVersion.LAST, Unread.YES),

    /**
     * May tell nobody that a container ran out of memory: with version 1 of cgroups it looks too
     * early whether the kernel has killed, and once.
     */
    MAY_MISS_OUT_OF_MEMORY(Maker.KATA, AgentVersion.FIRST, AgentVersion.LAST, Unread.YES),

    /** A process that signal n ended has the exit status n, and not 128 + n. */
    SIGNAL_IS_PLAIN_STATUS(
            Maker.KATA, AgentVersion.rank(2, 0), AgentVersion.rank(3, 31), Unread.YES),

    /**
     * CloseStdin cuts off one read that waits for output, or the next one: {@link
     * AgentError#READ_CUT_OFF}.
     */
    CLOSE_STDIN_CUTS_READ(Maker.KATA, AgentVersion.rank(2, 0), AgentVersion.rank(3, 6), Unread.YES),

    /**
     * Is told how many CPUs are new, not how many there are: it waits for as many, and for all of 5
     * or 10 s in which it answers nobody, and then fails.
     */
    COUNTS_NEW_CPUS(Maker.KATA, AgentVersion.rank(1, 0), AgentVersion.rank(3, 1), Unread.YES),

    /**
     * Reads a seccomp profile by other numbers of its fields: of the one that is sent it would see
     * no system call, and apply what is for all others to each.
     */
    NUMBERS_SECCOMP_OTHERWISE(
            Maker.KATA, AgentVersion.rank(1, 0), AgentVersion.rank(2, 0), Unread.YES),

    /** An answer without data is not the end of output but says that there is none yet. */
    EMPTY_READ_IS_NOT_THE_END(
            Maker.KATA, AgentVersion.rank(2, 0), AgentVersion.rank(2, 0), Unread.NO);

    /** The maker of an agent. */
    private enum Maker {
        KATA,
        SAYA
    }

    /** True if an agent of Kata's whose version cannot be read is taken to have a trait. */
    private enum Unread {
        YES,
        NO
    }

    private final Maker maker;
    private final int first;
    private final int last;
    private final Unread unread;

    /**
     * @param first release that has it, by {@link AgentVersion#rank(int, int)}
     * @param last release that has it
     */
    AgentTrait(Maker maker, int first, int last, Unread unread) {
        this.maker = maker;
        this.first = first;
        this.last = last;
        this.unread = unread;
    }

    /** The traits of an agent; cannot be changed. */
    static Set<AgentTrait> of(AgentVersion version) {
        EnumSet<AgentTrait> traits = EnumSet.noneOf(AgentTrait.class);
        for (AgentTrait trait : values()) {
            if (trait.isOf(version)) {
                traits.add(trait);
            }
        }
        return Collections.unmodifiableSet(traits);
    }

    private boolean isOf(AgentVersion version) {
        if ((maker == Maker.SAYA) != version.own()) {
            return false;
        }
        return version.isKnown()
                ? version.rank() >= first && version.rank() <= last
                : unread == Unread.YES;
    }
}
