package io.vit4j.base;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;

/**
 * A new file written through a stream, not a {@link java.nio.channels.FileChannel}, which an interrupt would close: an
 * interrupted thread still has its last checkpoint to write.
 */
final class StreamFile implements FileOperations.WritableFile {
    private static final int CHUNK = 1 << 20;

    private final Path file;
    private final OutputStream out;
    private byte[] chunk = new byte[0];
    private boolean open = true;

    StreamFile(Path file, FileAttribute<?>... attributes) throws IOException {
        this.file = file;
        Files.createFile(file, attributes);
        out = Files.newOutputStream(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
        int size = source.remaining();
        if (!source.hasArray() && chunk.length < Math.min(size, CHUNK)) {
            chunk = new byte[Math.min(size, CHUNK)];
        }
        while (source.hasRemaining()) { // in parts, as the JDK copies each into memory outside the heap
            int part = Math.min(source.remaining(), CHUNK);
            if (source.hasArray()) {
                out.write(source.array(), source.arrayOffset() + source.position(), part);
                source.position(source.position() + part);
            } else {
                source.get(chunk, 0, part);
                out.write(chunk, 0, part);
            }
        }
        return size;
    }

    @Override
    public void force() throws IOException {
        forceOpened(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    }

    /** Opens a file or a folder, and returns once all that was written to it is on the disk. */
    static void forceOpened(Path path, OpenOption... options) throws IOException {
        boolean interrupted = false;
        while (true) {
            try (FileChannel channel = FileChannel.open(path, options)) {
                channel.force(true);
                break;
            } catch (ClosedByInterruptException e) {
                interrupted = Thread.interrupted(); // an interrupted thread still has its last checkpoint to write
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() throws IOException {
        open = false;
        out.close();
    }
}
