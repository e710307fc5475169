package io.vit4j.hub;

/** Patterns of files as fsspec matches them: {@code *} within a folder, {@code **} over folders, {@code ?}, {@code [abc]}. */
final class FilePattern {
    private FilePattern() {}

    static boolean matches(String pattern, String path) {
        String clean = pattern.startsWith("./") ? pattern.substring(2) : pattern;
        return reach(clean, path)[path.length()];
    }

    /**
     * The positions in the path at which the pattern can end. Not by regular expressions, which a pattern of anybody's making could keep
     * busy for hours.
     */
    private static boolean[] reach(String pattern, String path) {
        boolean[] reached = new boolean[path.length() + 1];
        reached[0] = true;
        for (int p = 0; p < pattern.length(); ) {
            boolean[] next = new boolean[path.length() + 1];
            char c = pattern.charAt(p);
            int length = 1;
            if (c == '*') {
                boolean deep = pattern.startsWith("**", p);
                boolean folders = pattern.startsWith("**/", p) && (p == 0 || pattern.charAt(p - 1) == '/');
                length = folders ? 3 : deep ? 2 : 1;
                star(reached, next, path, deep, folders);
            } else {
                int close = c == '[' ? pattern.indexOf(']', p + 2) : -1;
                String set = close > 0 ? pattern.substring(p + 1, close) : "";
                length = close > 0 ? close + 1 - p : 1;
                for (int i = 0; i < path.length(); i++) {
                    char at = path.charAt(i);
                    boolean one = !set.isEmpty() ? isIn(set, at) : c == '?' ? at != '/' : c == at;
                    next[i + 1] |= reached[i] && one;
                }
            }
            reached = next;
            p += length;
        }
        return reached;
    }

    private static void star(boolean[] reached, boolean[] next, String path, boolean deep, boolean folders) {
        boolean open = false;
        for (int i = 0; i <= path.length(); i++) {
            if (i > 0 && !deep && path.charAt(i - 1) == '/') {
                open = false;
            }
            open |= reached[i];
            next[i] = folders ? reached[i] || (open && i > 0 && path.charAt(i - 1) == '/') : open;
        }
    }

    private static boolean isIn(String set, char at) {
        boolean not = set.startsWith("!") || set.startsWith("^");
        boolean found = false;
        for (int i = not ? 1 : 0; i < set.length(); i++) {
            if (i + 2 < set.length() && set.charAt(i + 1) == '-') {
                found |= at >= set.charAt(i) && at <= set.charAt(i + 2);
                i += 2;
            } else {
                found |= at == set.charAt(i);
            }
        }
        return at != '/' && found != not;
    }
}
