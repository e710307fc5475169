package io.vit4j.fuzz;

/** Counts how often each block of the instrumented code ran since the last {@link #clear}. For one thread. */
public final class Coverage {
    private static final int MOST_BLOCKS = 1 << 16;
    private static final byte[] COUNTS = new byte[MOST_BLOCKS];
    private static int blocks;

    private Coverage() {}

    /** A number for another block; blocks beyond the most share theirs. */
    public static synchronized int newBlock() {
        blocks = Math.min(blocks + 1, MOST_BLOCKS);
        return blocks - 1;
    }

    /** Called by the instrumented code. */
    public static void hit(int block) {
        byte count = COUNTS[block];
        if (count != -1) { // stays at 255
            COUNTS[block] = (byte) (count + 1);
        }
    }

    public static void clear() {
        java.util.Arrays.fill(COUNTS, 0, blocks, (byte) 0);
    }

    /**
     * Adds what ran since the last clear to what was {@code seen}, and gives how much of it is new: blocks never run before,
     * or run about twice as often as ever.
     *
     * @param seen for each block a bit for each order of magnitude of its count, [{@link #MOST_BLOCKS}]
     */
    public static int addNew(byte[] seen) {
        int found = 0;
        for (int i = 0; i < blocks; i++) {
            if (COUNTS[i] != 0) {
                int magnitude = 1 << (31 - Integer.numberOfLeadingZeros(COUNTS[i] & 0xFF));
                if ((seen[i] & magnitude) == 0) {
                    seen[i] |= (byte) magnitude;
                    found++;
                }
            }
        }
        return found;
    }

    /** The same by blocks alone, whatever their counts. */
    public static int addNewBlocks(byte[] seen) {
        int found = 0;
        for (int i = 0; i < blocks; i++) {
            if (COUNTS[i] != 0 && seen[i] == 0) {
                seen[i] = 1;
                found++;
            }
        }
        return found;
    }

    public static byte[] nothingSeen() {
        return new byte[MOST_BLOCKS];
    }

    public static int blocksIn(byte[] seen) {
        int count = 0;
        for (byte magnitudes : seen) {
            count += magnitudes != 0 ? 1 : 0;
        }
        return count;
    }
}
