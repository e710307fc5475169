package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads parts of a file by position. Not a mapping: a mapped file that shrinks under us kills the JVM (SIGBUS), here it is
 * an InputException.
 */
final class FileRegion implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;
    private final long size;

    private FileRegion(Path file, FileChannel channel, long size) {
        this.file = file;
        this.channel = channel;
        this.size = size;
    }

    static FileRegion open(Path file) {
        try {
            if (Files.isDirectory(file)) {
                throw InputException.in(file, "is a folder, not a file; name the file in it");
            }
            FileChannel channel = OpenFiles.read(file);
            try {
                return new FileRegion(file, channel, channel.size());
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw InputException.in(file, "no such file; check the path", e);
        } catch (IOException e) {
            throw InputException.in(file, "cannot be opened (" + IoReason.of(e) + "); check its permissions", e);
        }
    }

    Path file() {
        return file;
    }

    long size() {
        return size;
    }

    /** Fills the buffer with the file's bytes from that position on; safe for many threads. */
    void read(long position, ByteBuffer destination) {
        try {
            long at = position;
            while (destination.hasRemaining()) {
                int part = channel.read(destination, at);
                if (part < 0) {
                    throw InputException.in(
                            file,
                            "ends at byte " + at
                                    + ", because it was shortened while being read; copy or download it again");
                }
                at += part;
            }
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the disk", e);
        }
    }

    /** That many bytes from that position on; the caller has checked that the file is as long. */
    byte[] read(long position, int length) {
        byte[] bytes = new byte[length];
        read(position, ByteBuffer.wrap(bytes));
        return bytes;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw InputException.in(file, "cannot be closed (" + IoReason.of(e) + "); check the disk", e);
        }
    }
}
