package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A label file or a list: a file, or one that lies in an archive. */
interface TextSource {
    /** For messages. */
    String name();

    /** In bytes. */
    long size() throws IOException;

    InputStream open() throws IOException;

    default InputException fault(String whatAndMend) {
        return new InputException(name() + ": " + whatAndMend);
    }

    default InputException fault(String whatAndMend, Throwable cause) {
        return new InputException(name() + ": " + whatAndMend, cause);
    }

    static TextSource of(Path file) {
        return new OnDisk(file);
    }

    /** @param name the archive and the file's path in it */
    static TextSource of(String name, byte[] content) {
        return new InArchive(name, content);
    }

    /** A file. */
    record OnDisk(Path file) implements TextSource {
        @Override
        public String name() {
            return file.toString();
        }

        @Override
        public long size() throws IOException {
            return Files.size(file);
        }

        @Override
        public InputStream open() throws IOException {
            if (Files.isDirectory(file)) {
                throw fault("a folder instead of a label file; name the file");
            }
            return OpenFiles.stream(file);
        }
    }

    /** The content of a file in an archive. */
    record InArchive(String name, byte[] content) implements TextSource {
        @Override
        public long size() {
            return content.length;
        }

        @Override
        public InputStream open() {
            return new ByteArrayInputStream(content);
        }
    }
}
