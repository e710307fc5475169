package io.vit4j.model;

import io.vit4j.base.InputException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** A regular expression that may come from a file of a stranger: its work on a name is bounded. */
final class BoundedPattern {
    private static final int LONGEST = 2_000;
    private static final int MOST_READS = 100_000;

    private final Pattern pattern;

    private BoundedPattern(Pattern pattern) {
        this.pattern = pattern;
    }

    static BoundedPattern of(String expression) {
        if (expression.length() > LONGEST) {
            throw new InputException(
                    "a pattern of " + expression.length() + " characters; the longest may have " + LONGEST);
        }
        try {
            return new BoundedPattern(Pattern.compile(expression));
        } catch (PatternSyntaxException e) {
            throw new InputException(
                    "'" + expression + "' is no regular expression (" + e.getDescription() + "); correct it", e);
        }
    }

    /** Whether it fits the whole name. */
    boolean fits(String name) {
        return pattern.matcher(new Counted(name, pattern)).matches();
    }

    /** A name that is read only so often. */
    private static final class Counted implements CharSequence {
        private final CharSequence text;
        private final Pattern pattern;
        private int reads;

        Counted(CharSequence text, Pattern pattern) {
            this.text = text;
            this.pattern = pattern;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (++reads > MOST_READS) {
                throw new InputException("the pattern '" + pattern + "' takes too long; write a simpler one");
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }
    }
}
