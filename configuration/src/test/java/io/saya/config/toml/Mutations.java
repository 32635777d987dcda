package io.saya.config.toml;

import java.util.Random;

/** Damages texts as editors, merges and disks do. One seed always gives one kind of damage. */
public final class Mutations {

    private static final String TELLING = "[]{}=\"'#.,\\\n\r\t \0-_+:0129aZ\u00e9\u2028\ud83d";

    private final Random random;

    public Mutations(long seed) {
        random = new Random(seed);
    }

    /** The text with one to four pieces removed, doubled, swapped or replaced. */
    public String mutate(String text) {
        StringBuilder mutant = new StringBuilder(text);
        int times = 1 + random.nextInt(4);
        for (int i = 0; i < times; i++) {
            int at = random.nextInt(mutant.length() + 1);
            int end = Math.min(mutant.length(), at + 1 + random.nextInt(random.nextInt(12) + 1));
            switch (random.nextInt(5)) {
                case 0 -> mutant.delete(at, end);
                case 1 -> mutant.insert(at, mutant.substring(at, end));
                case 2 -> mutant.insert(at, character());
                case 3 -> mutant.replace(at, end, String.valueOf(character()));
                default -> mutant.setLength(at);
            }
        }
        return mutant.toString();
    }

    /** A text of characters that mean something in TOML. */
    public String noise(int length) {
        StringBuilder noise = new StringBuilder();
        for (int i = 0; i < length; i++) {
            noise.append(character());
        }
        return noise.toString();
    }

    private char character() {
        return TELLING.charAt(random.nextInt(TELLING.length()));
    }
}
