package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * The image files of a folder that Java's file systems do not reach, such as one of HDFS or of an object store: whoever can list it names
 * its files, and reads them. Which of them are pictures, and which tell their labels, is found out as for {@link ImageFolder}.
 */
public final class ListedImages extends ListedFolder {
    /**
     * A file.
     *
     * @param path from the folder, with {@code /} between its parts
     * @param bytes its length
     * @param modified when it was, in milliseconds since 1970
     */
    public record Entry(String path, long bytes, long modified) {
        /** What changes when the file does. */
        public String fingerprint() {
            return PictureListing.fingerprint(bytes, modified);
        }
    }

    /** Reads files. */
    @FunctionalInterface
    public interface Reader {
        /**
         * The first bytes of a file, at most so many.
         *
         * @param path as in its {@link Entry}
         */
        byte[] read(String path, int length) throws IOException;
    }

    private final String description;
    private final Reader reader;

    /**
     * Looks at the files' names; at the first bytes of those only whose names say nothing.
     *
     * @param description the folder, for messages
     * @param files all files in it and in the folders below
     */
    public ListedImages(String description, List<Entry> files, Reader reader) {
        this.description = description;
        this.reader = reader;
        try {
            for (Entry file : files) {
                listing.add(file.path(), file.bytes(), file.modified(), new Content(file));
            }
        } catch (UncheckedIOException | IOException e) {
            throw new InputException(description + ": cannot be read: " + e.getMessage(), e);
        }
        listing.end();
    }

    private final class Content implements PictureListing.Content {
        private final Entry file;

        Content(Entry file) {
            this.file = file;
        }

        @Override
        public byte[] begin(int length) throws IOException {
            return reader.read(file.path(), length);
        }

        @Override
        public byte[] whole() throws IOException {
            return reader.read(file.path(), LARGEST_FILE);
        }

        @Override
        public TextSource text() {
            try {
                return TextSource.of(description + "/" + file.path(), whole());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public String description() {
        return description;
    }

    /** Reads at most so many bytes. */
    @FunctionalInterface
    public interface Bytes {
        /** Reads them. */
        byte[] read(int length) throws IOException;
    }

    /**
     * A picture's file; one that cannot be read, or is too large to be a picture, is an InputException.
     *
     * @param file its name, for messages
     */
    public static byte[] read(String file, Bytes bytes) {
        try {
            byte[] read = bytes.read(LARGEST_FILE + 1);
            if (read.length > LARGEST_FILE) {
                throw new InputException(file + ": larger than " + (LARGEST_FILE >> 20) + " MiB; is it an image?");
            }
            return read;
        } catch (IOException e) {
            throw new InputException(file + ": cannot be read: " + IoReason.of(e), e);
        }
    }

    @Override
    public byte[] begin(String name, int length) {
        try {
            return reader.read(name, length);
        } catch (IOException e) {
            throw new InputException(description + "/" + name + ": cannot be read: " + IoReason.of(e), e);
        }
    }
}
