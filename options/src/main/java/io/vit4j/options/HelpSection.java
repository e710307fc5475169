package io.vit4j.options;

/** Options that stand together under a heading in the help: those of a mixin, or a command's own where it has such mixins. */
public interface HelpSection {
    /** {@return the heading} */
    String heading();
}
