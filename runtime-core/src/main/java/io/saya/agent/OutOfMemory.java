package io.saya.agent;

/**
 * A container of which the guest's kernel has killed a process for want of memory.
 *
 * @param containerId as the guest names it
 */
public record OutOfMemory(String containerId, Exhausted exhausted) {

    /** Whose memory it was. */
    public enum Exhausted {
        /** The container's: its own limit. */
        CONTAINER("its own limit is reached"),
        /** The pod's: the limit of all its containers together. */
        POD("the limit of its pod is reached"),
        /** The guest's: the machine has no more. */
        GUEST("the guest as a whole has no memory left, and its kernel chose this container"),
        /** The agent does not tell: it is one of Kata's. */
        UNKNOWN("the guest does not tell whether its own limit is reached");

        private final String told;

        Exhausted(String told) {
            this.told = told;
        }

        /** For the operator, a sentence without its end. */
        public String told() {
            return told;
        }

        /** Reads the agent's word, which may be any. */
        static Exhausted of(String word) {
            return switch (word) {
                case "container" -> CONTAINER;
                case "pod" -> POD;
                case "guest" -> GUEST;
                default -> UNKNOWN;
            };
        }
    }
}
