package io.vit4j.data;

import io.vit4j.base.OpenFiles;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * A file read at any place by any number of threads. The system's page cache serves repeated reads as fast as a mapping
 * would, and a file that shrinks is an exception here and now: under a mapping HotSpot reports it some time later, in
 * whatever code then runs.
 *
 * <p>A thread's interrupt closes the channel that it reads from, for all others too; the channel is then opened again.
 */
final class PositionalFile implements AutoCloseable {
    private final Path path;
    private FileChannel channel;
    private boolean closed;

    PositionalFile(Path path) throws IOException {
        this.path = path;
        this.channel = OpenFiles.read(path);
    }

    long size() throws IOException {
        return channel().size();
    }

    /** Fills the array's first {@code length} bytes from that place in the file; EOFException where it ends before. */
    void read(long at, byte[] into, int length) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            ByteBuffer buffer = ByteBuffer.wrap(into, 0, length);
            while (buffer.hasRemaining()) {
                int count;
                try {
                    count = channel().read(buffer, at + buffer.position());
                } catch (ClosedChannelException e) {
                    interrupted |= Thread.interrupted();
                    continue; // channel() opens it again, unless close() was called
                }
                if (count < 0) {
                    throw new EOFException("it ends before byte " + (at + length));
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized FileChannel channel() throws IOException {
        if (closed) {
            throw new IllegalStateException(path + " is closed");
        }
        if (!channel.isOpen()) {
            channel = OpenFiles.read(path);
        }
        return channel;
    }

    /** Gives the file back to the system until it is read again; whoever reads it now opens it again. */
    synchronized void rest() throws IOException {
        channel.close();
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        channel.close();
    }
}
