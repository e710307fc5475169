package io.vit4j.data;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * Where the images' files come from: a folder, an archive, or anywhere else. Names are paths with {@code /} between their
 * parts, relative to the source; one that would leave it does not exist.
 */
public sealed interface ImageSource extends AutoCloseable permits ImageSource.ByName, ImageSource.InOrder {
    /** Largest file that is read as an image, in bytes. */
    int LARGEST_FILE = 256 << 20;

    /** For messages: the folder or the archives. */
    String description();

    @Override
    default void close() {}

    /** Gives any file at any time, to several threads at once. */
    non-sealed interface ByName extends ImageSource {
        /** The names of all image files. */
        List<String> names();

        /** The file's bytes. InputException if it cannot be read. */
        byte[] read(String name);

        /** The file's first bytes, at most so many. InputException if it cannot be read. */
        default byte[] begin(String name, int length) {
            byte[] whole = read(name);
            return whole.length <= length ? whole : Arrays.copyOf(whole, length);
        }

        /** Something that changes when the file does, such as its size and date; read from no file's content. */
        String fingerprint(String name);
    }

    /** Gives its files only one after the other, in its own order, as a compressed archive does. */
    non-sealed interface InOrder extends ImageSource {
        /** Something that changes when the source does. */
        String fingerprint();

        /**
         * Reads through the whole source once.
         *
         * @param wanted asked for each file's name; only the files wanted are given
         * @param visitor given each; what it throws ends the reading
         */
        void forEach(Predicate<String> wanted, Visitor visitor);
    }

    /** Given the files of an {@link InOrder} source. */
    @FunctionalInterface
    interface Visitor {
        /**
         * Takes a file.
         * @param name its path within the source
         * @param bytes the whole file
         */
        void file(String name, byte[] bytes);
    }
}
