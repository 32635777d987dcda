package io.saya.cli.host;

/** A program for {@link TerminalTest}: shows its terminal while it is raw, and afterwards. */
final class RawTerminal {

    private RawTerminal() {}

    public static void main(String[] arguments) throws Exception {
        Terminal.prepare();
        try (Terminal _ = Terminal.raw()) {
            show("during");
            if (arguments.length > 0) {
                ProcessHandle.current().destroy();
                Thread.sleep(Long.MAX_VALUE);
            }
        }
        show("after");
    }

    private static void show(String when) throws Exception {
        System.out.print(when + ":");
        System.out.flush();
        new ProcessBuilder("stty", "-a").inheritIO().start().waitFor();
    }
}
