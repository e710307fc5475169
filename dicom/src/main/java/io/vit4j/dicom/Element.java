package io.vit4j.dicom;

import java.util.List;

/**
 * An attribute of a data set: where its value lies. Nothing is copied.
 *
 * @param vr how the value is represented, such as {@code US}; empty if the file does not say
 * @param at where the value begins
 * @param length in bytes; of a sequence of undefined length up to its end
 * @param encoding of the value, and of the items if it is a sequence
 * @param items of a sequence of undefined length; others are read when asked for
 * @param fragments of encapsulated pixels
 */
record Element(String vr, int at, int length, TransferSyntax encoding, List<DataSet> items, List<Fragment> fragments) {
    /** A piece of encapsulated pixels. */
    record Fragment(int at, int length) {}

    boolean isEncapsulated() {
        return !fragments.isEmpty();
    }
}
