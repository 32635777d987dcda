package io.saya.resources;

import java.util.List;

/**
 * A size, and what could not be had.
 *
 * @param clipped a sentence for everything that was asked for and is above a ceiling; for the
 *     operator, with the key that sets the ceiling
 */
public record Sizing(MachineSize size, List<String> clipped) {

    public Sizing {
        clipped = List.copyOf(clipped);
    }
}
