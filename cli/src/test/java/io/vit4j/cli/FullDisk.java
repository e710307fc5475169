package io.vit4j.cli;

import java.io.IOException;
import java.io.OutputStream;

/** Standard output on a disk that is full after so many bytes. */
final class FullDisk extends OutputStream {
    /** All that a command says of it. */
    static final String LINE = "standard output cannot be written (No space left on device), so results are missing;"
            + " make room, or send them elsewhere";

    private final String fault;
    private int room;

    FullDisk(int room) {
        this(room, "No space left on device");
    }

    FullDisk(int room, String fault) {
        this.room = room;
        this.fault = fault;
    }

    void makeRoom(int bytes) {
        room = bytes;
    }

    @Override
    public void write(int one) throws IOException {
        if (room-- <= 0) {
            throw new IOException(fault);
        }
    }
}
