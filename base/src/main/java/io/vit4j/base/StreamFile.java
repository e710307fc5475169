package io.vit4j.base;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A new file written through a stream, not a {@link java.nio.channels.FileChannel}, which an interrupt would close: an
 * interrupted thread still has its last checkpoint to write.
 */
final class StreamFile implements FileOperations.WritableFile {
    private static final int CHUNK = 1 << 20;

    private final FileOutputStream out;
    private byte[] chunk = new byte[0];
    private boolean open = true;

    StreamFile(Path file) throws IOException {
        Files.createFile(file);
        out = new FileOutputStream(file.toFile());
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
        int size = source.remaining();
        if (source.hasArray()) {
            out.write(source.array(), source.arrayOffset() + source.position(), size);
            source.position(source.limit());
            return size;
        }
        if (chunk.length < Math.min(size, CHUNK)) {
            chunk = new byte[Math.min(size, CHUNK)];
        }
        while (source.hasRemaining()) {
            int part = Math.min(source.remaining(), chunk.length);
            source.get(chunk, 0, part);
            out.write(chunk, 0, part);
        }
        return size;
    }

    @Override
    public void force() throws IOException {
        out.getFD().sync();
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
