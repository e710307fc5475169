package io.vit4j.data;

import io.vit4j.base.InputException;
import java.nio.file.Path;

/** Names of files that Java cannot read, because it runs in a locale without their characters, such as {@code LC_ALL=C}. */
public final class FileNames {
    private static final char REPLACEMENT = '\uFFFD';

    private FileNames() {}

    /**
     * Refuses a file that was listed under a name with characters which Java could not decode: nothing could find it by that name.
     *
     * @throws InputException with what to do
     */
    public static void refuseUndecoded(Path file) {
        String path = file.toString();
        if (path.indexOf(REPLACEMENT) < 0) {
            return;
        }
        String encoding = System.getProperty("sun.jnu.encoding", "");
        throw new InputException(
                encoding.equalsIgnoreCase("UTF-8")
                        ? path + ": a file name that is not UTF-8; rename it"
                        : path + ": Java reads file names as " + encoding
                                + " in this locale, but this name has other characters; set LC_ALL=C.UTF-8 in the environment and"
                                + " start again");
    }
}
