package io.saya.test.process;

import io.saya.test.Containerd;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What may differ from runc, with its reason: the first cells of a table in {@code test/README.md}.
 * Each is a key, or several, in back quotes; {@code *} stands for anything.
 */
record Differences(List<Pattern> wanted) {

    /** Reads the table that follows a heading. */
    static Differences under(String heading) throws IOException {
        List<Pattern> wanted = new ArrayList<>();
        boolean here = false;
        for (String line :
                Files.readAllLines(Containerd.product().resolve("../../../test/README.md"))) {
            if (line.startsWith("#")) {
                here = line.replaceFirst("^#+ ", "").equals(heading);
            } else if (here && line.startsWith("| `")) {
                var key = Pattern.compile("`([^`]+)`").matcher(line.split(" \\| ", 2)[0]);
                while (key.find()) {
                    wanted.add(
                            Pattern.compile("\\Q" + key.group(1).replace("*", "\\E.*\\Q") + "\\E"));
                }
            }
        }
        if (wanted.isEmpty()) {
            throw new AssertionError("test/README.md has no table below '" + heading + "'");
        }
        return new Differences(wanted);
    }

    /** A line for each key whose values differ although the table does not have it. */
    List<String> unwanted(Map<String, String> runc, Map<String, String> saya) {
        List<String> found = new ArrayList<>();
        var keys = new TreeSet<>(runc.keySet());
        keys.addAll(saya.keySet());
        for (String key : keys) {
            String theirs = runc.getOrDefault(key, "-");
            String ours = saya.getOrDefault(key, "-");
            if (!theirs.equals(ours)
                    && wanted.stream().noneMatch(pattern -> pattern.matcher(key).matches())) {
                found.add("%s: runc '%s', Saya '%s'".formatted(key, theirs, ours));
            }
        }
        return found;
    }
}
