package io.saya.cli.install;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/**
 * What is to be changed, in order: all of it, or nothing.
 *
 * @param changes empty: everything is already as it should be
 * @param notes what the operator should know, each a sentence
 */
record Plan(List<Change> changes, List<String> notes) {
    Plan {
        changes = List.copyOf(changes);
        notes = List.copyOf(notes);
    }

    /** Asks whether what was changed is what was meant. */
    @FunctionalInterface
    interface Proof {
        /**
         * Asks. Blocks.
         *
         * @throws CommandFailure if it is not
         */
        void ask() throws IOException;
    }

    /**
     * Makes the changes; undoes those that were made when one cannot be, or when the proof fails.
     *
     * @param told gets a line for each change that was made
     * @throws CommandFailure as the proof says
     */
    void carryOut(Consumer<String> told, Proof proof) throws IOException {
        int made = 0;
        boolean whole = false;
        try {
            for (Change change : changes) {
                change.make();
                made++;
            }
            proof.ask();
            whole = true;
        } finally {
            if (!whole) {
                undo(made);
            }
        }
        changes.forEach(change -> told.accept(change.text()));
    }

    private void undo(int made) {
        for (int i = made - 1; i >= 0; i--) {
            try {
                changes.get(i).undo();
            } catch (IOException e) {
                throw new CommandFailure(
                        ExitCode.FAILED,
                        "'"
                                + changes.get(i).text()
                                + "' was made and cannot be undone: "
                                + e.getMessage()
                                + "; look at that file before the daemon is restarted");
            }
        }
    }
}
