package io.vit4j.cli;

/** Options that stand together under a heading in the help: those of a mixin, or a command's own where it has such mixins. */
interface HelpSection {
    String heading();
}
