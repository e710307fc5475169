package io.vit4j.metrics;

import java.util.stream.IntStream;

/** Cuts samples into chunks of a fixed length, done in parallel: what is done does not depend on the threads. */
final class RowChunks {
    /** Few enough that a chunk of 15 labels stays in a core's cache. */
    static final int ROWS = 4096;

    private RowChunks() {}

    /** Work on the rows from one number up to, not including, another. */
    interface Rows {
        void accept(int from, int to);
    }

    static int count(int samples) {
        return (int) (((long) samples + ROWS - 1) / ROWS);
    }

    static void forEach(int samples, Rows rows) {
        IntStream.range(0, count(samples))
                .parallel()
                .forEach(chunk -> rows.accept(chunk * ROWS, (int) Math.min(samples, (chunk + 1L) * ROWS)));
    }
}
