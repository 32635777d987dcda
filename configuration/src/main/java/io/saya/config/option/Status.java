package io.saya.config.option;

/** What the runtime does about an option. */
public enum Status {
    /** It does what it says. */
    WORKS("works"),
    /** It is understood and changes nothing; a warning says why if it asks for something. */
    WITHOUT_EFFECT("accepted without effect"),
    /** A value that asks for something is an error that says why. */
    REFUSED("refused");

    private final String text;

    Status(String text) {
        this.text = text;
    }

    /** The status as a text for people. */
    public String text() {
        return text;
    }
}
