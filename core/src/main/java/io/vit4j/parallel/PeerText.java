package io.vit4j.parallel;

/** Text from another rank, before it is shown: bounded, and without what moves a terminal's cursor or turns its direction. */
final class PeerText {
    static final int LONGEST = 500;

    private PeerText() {}

    /** The text in one line. */
    static String clean(String text) {
        StringBuilder line = new StringBuilder(Math.min(text.length(), LONGEST));
        text.codePoints().limit(LONGEST).map(c -> isPlain(c) ? c : ' ').forEach(line::appendCodePoint);
        return line.toString();
    }

    private static boolean isPlain(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
