package io.vit4j.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TerminalTextTest {
    private static final char ESC = 0x1B;
    private static final char C1_INTRODUCER = 0x9B;
    private static final char REVERSED = 0x202E;

    @Test
    void whatMovesACursorOrTurnsTextIsShownAsItsEscape() {
        assertThat(TerminalText.of(ESC + "]0;owned" + (char) 7)).isEqualTo("\\u001b]0;owned\\u0007");
        assertThat(TerminalText.of("a" + C1_INTRODUCER + "2J" + (char) 0x7F)).isEqualTo("a\\u009b2J\\u007f");
        assertThat(TerminalText.of("x" + REVERSED + "gnp.exe")).isEqualTo("x\\u202egnp.exe");
        for (char c : new char[] {0x202A, 0x202D, 0x2028, 0x2029, 0x2066, 0x2069, '\n', '\r', '\t', 0}) {
            assertThat(TerminalText.of("a" + c)).isEqualTo(String.format("a\\u%04x", (int) c));
        }
    }

    @Test
    void whatPeopleWriteStaysAsItIs() {
        for (String text : new String[] {"", "Erguß, Größe 5 µm", "左肺", "عربي", "🫁 %\\u", "a\u00a0b"}) {
            assertThat(TerminalText.of(text)).isSameAs(text);
        }
        assertThat(TerminalText.lines("a\n\tb" + ESC)).isEqualTo("a\n\tb\\u001b");
    }

    /** The same escapes are JSON's, so that JSON on a terminal stays JSON; what is written is safe to begin with. */
    @Test
    void jsonIsWrittenWithoutThemAndReadBackAsItWas() {
        String hostile = "a" + ESC + C1_INTRODUCER + REVERSED + (char) 0x2028 + (char) 0x7F + "é🫁";
        String json = Json.line(Json.object().put(hostile, hostile));
        assertThat(json).isEqualTo(TerminalText.of(json)).contains("\\u202e", "\\u2028", "é🫁");
        assertThat(Json.parseObject(json, "json").path(hostile).textValue()).isEqualTo(hostile);
        String raw = "{\"a\": \"" + REVERSED + C1_INTRODUCER + "\"}";
        assertThat(Json.parse(TerminalText.of(raw), "json")).isEqualTo(Json.parse(raw, "json"));
    }

    @Test
    void aMessageIsOneLineWhateverItsFileIsCalled() {
        assertThat(InputException.in(Path.of("a" + ESC + "[2J\n" + REVERSED), "no such file; check the path"))
                .hasMessage("a\\u001b[2J \\u202e: no such file; check the path");
    }
}
