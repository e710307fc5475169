package io.vit4j.parallel;

import io.vit4j.base.TerminalText;

/** Text from another rank, before it is shown: bounded, in one line, and without what a terminal would act upon. */
final class PeerText {
    static final int LONGEST = 500;

    private PeerText() {}

    static String clean(String text) {
        return TerminalText.of(text.length() > LONGEST ? text.substring(0, LONGEST) : text);
    }
}
