package io.vit4j.base;

import java.nio.file.Path;

/**
 * Something that the user can fix: a wrong file, a wrong argument. Its message is one line that names the file (or
 * argument), where in it, what is wrong, and what to do about it; the command prints that line and exits with 2.
 */
public final class InputException extends RuntimeException {
    private static final int LONGEST_MESSAGE = 2000;

    /** @param message one line: what is wrong, and how to fix it */
    public InputException(String message) {
        this(message, null);
    }

    /** @param message one line: what is wrong, and how to fix it */
    public InputException(String message, Throwable cause) {
        super(oneLine(message), cause);
    }

    /** A fault in a file: {@code "FILE: what is wrong; what to do"}. */
    public static InputException in(Path file, String whatAndMend) {
        return new InputException(file + ": " + whatAndMend);
    }

    /** A fault in a file, with what the operating system or a parser said as its cause. */
    public static InputException in(Path file, String whatAndMend, Throwable cause) {
        return new InputException(file + ": " + whatAndMend, cause);
    }

    /** A message from hostile input must not be able to move the terminal's cursor or fill the screen, nor show a password. */
    private static String oneLine(String message) {
        boolean tooLong = message.codePointCount(0, message.length()) > LONGEST_MESSAGE;
        String line = tooLong ? message.substring(0, message.offsetByCodePoints(0, LONGEST_MESSAGE)) : message;
        return TerminalText.of(
                Secrets.hidden(line).replace('\n', ' ').replace('\r', ' ').replace('\t', ' '));
    }
}
