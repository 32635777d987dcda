package io.saya.shim.metrics;

/** Why something that a guest told is left out. */
enum DropReason {
    /** The whole answer, or a line of it. */
    TOO_LONG("too_long"),
    /** No line of the text format. */
    MALFORMED("malformed"),
    /** A metric or a label that no agent has. */
    FOREIGN_NAME("foreign_name"),
    /** Beyond the number of series or families. */
    TOO_MANY("too_many"),
    /** A series that was told before. */
    DUPLICATE("duplicate"),
    /** A type that there is not, or another one than was told before. */
    TYPE("type");

    private final String word;

    DropReason(String word) {
        this.word = word;
    }

    /** The value of the label {@code reason}. */
    String word() {
        return word;
    }
}
