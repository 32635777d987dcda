package io.saya.cli.text;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Columns of text under headings, as wide as their widest cell. Used by one thread. */
public final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    /** Begins with the line of headings. */
    public Table(String... headings) {
        rows.add(List.of(headings));
    }

    /** Adds a line. What is no printable character is replaced: cells may come from a guest. */
    public void row(String... cells) {
        List<String> clean = new ArrayList<>(cells.length);
        for (String cell : cells) {
            clean.add(Plain.line(cell));
        }
        rows.add(clean);
    }

    /** Prints all lines, without blanks at their ends. */
    public void print(PrintWriter out) {
        int[] widths = new int[rows.getFirst().size()];
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                line.append(row.get(i));
                line.repeat(' ', widths[i] - row.get(i).length() + 2);
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
