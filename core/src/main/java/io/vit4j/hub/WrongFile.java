package io.vit4j.hub;

import io.vit4j.base.InputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/** Recognises what often lies where weights or data should: a Git LFS pointer, or a web page saved under the file's name. */
public final class WrongFile {
    private static final int LOOK_AT = 256;

    private WrongFile() {}

    /**
     * Refuses such a file.
     *
     * @param expected what it should be, in a word
     */
    public static void refuse(Path file, String expected) {
        try (FileRegion region = FileRegion.open(file)) {
            refuse(region, expected);
        }
    }

    /** @param expected what it should be, in a word */
    static void refuse(FileRegion region, String expected) {
        String start = new String(region.read(0, (int) Math.min(LOOK_AT, region.size())), StandardCharsets.ISO_8859_1);
        if (start.startsWith("version https://git-lfs.github.com/spec/")) {
            throw InputException.in(
                    region.file(),
                    "is a Git LFS pointer, not the " + expected + " file itself; run `git lfs pull` in its folder,"
                            + " or download the file");
        }
        String text = start.stripLeading().toLowerCase(Locale.ROOT);
        if (text.startsWith("<!doctype") || text.startsWith("<html") || text.startsWith("<?xml")) {
            throw InputException.in(
                    region.file(),
                    "is a web page, not a " + expected
                            + " file; the download returned an error page or a login page, download it again");
        }
    }
}
