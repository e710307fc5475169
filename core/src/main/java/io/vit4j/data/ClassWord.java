package io.vit4j.data;

import java.util.List;
import java.util.Locale;

/**
 * A class that a user has named, found among the folders of an image: the innermost folder of that name, else the innermost with
 * the name as a word in its own, as {@code positive} is in {@code study1_positive}.
 *
 * @param depth of the folder, from 0; -1 if there is none
 * @param name as the user wrote it
 */
record ClassWord(int depth, String name) {
    static ClassWord in(List<String> folders, List<String> classes) {
        ClassWord within = new ClassWord(-1, "");
        for (int depth = folders.size() - 1; depth >= 0; depth--) {
            String folder = lower(folders.get(depth));
            for (String written : classes) {
                String name = lower(written);
                if (folder.equals(name)) {
                    return new ClassWord(depth, CleanText.of(written));
                }
                if (within.depth() < 0 && isWord(name, folder)) {
                    within = new ClassWord(depth, CleanText.of(written));
                }
            }
        }
        return within;
    }

    private static String lower(String name) {
        return CleanText.of(name).toLowerCase(Locale.ROOT);
    }

    private static boolean isWord(String word, String name) {
        for (int at = name.indexOf(word); at >= 0; at = name.indexOf(word, at + 1)) {
            int end = at + word.length();
            if ((at == 0 || !Character.isLetterOrDigit(name.charAt(at - 1)))
                    && (end == name.length() || !Character.isLetterOrDigit(name.charAt(end)))) {
                return true;
            }
        }
        return false;
    }
}
