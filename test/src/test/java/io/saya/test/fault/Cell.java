package io.saya.test.fault;

/** One place of the matrix. */
record Cell(Fault fault, Phase phase) {

    /** What came of it. */
    record Result(Cell cell, double seconds, String failure) {}

    @Override
    public String toString() {
        return fault.title() + " at " + phase.title();
    }
}
