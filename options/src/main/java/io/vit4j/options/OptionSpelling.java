package io.vit4j.options;

/** Options may be written with hyphens or, as in Python programs, with underscores. */
public final class OptionSpelling {
    private OptionSpelling() {}

    /** Replaces {@code --a_b=c_d} by {@code --a-b=c_d}; everything after a lone {@code --} stays as it is. */
    public static String[] withHyphens(String[] args) {
        String[] spelled = args.clone();
        for (int i = 0; i < args.length && !args[i].equals("--"); i++) {
            if (args[i].startsWith("--")) {
                int end = args[i].indexOf('=') < 0 ? args[i].length() : args[i].indexOf('=');
                spelled[i] = args[i].substring(0, end).replace('_', '-') + args[i].substring(end);
            }
        }
        return spelled;
    }
}
