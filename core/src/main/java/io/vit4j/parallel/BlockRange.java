package io.vit4j.parallel;

/**
 * A run of neighbouring blocks of the model's list {@code [embeddings, layer 0, ..., layer L-1, head]}.
 *
 * @param first the first block's index
 * @param end one past the last block's index; equal to {@code first} for a stage that only passes tensors through
 */
public record BlockRange(int first, int end) {
    public BlockRange {
        if (first < 0 || end < first) {
            throw new IllegalArgumentException("blocks " + first + " to " + end + " are no range");
        }
    }

    /** How many blocks. */
    public int size() {
        return end - first;
    }

    /** {@return whether it contains no block} */
    public boolean isEmpty() {
        return first == end;
    }

    /**
     * Whether a block is in it.
     * @param block its number, from 0
     * @return whether it is
     */
    public boolean contains(int block) {
        return first <= block && block < end;
    }
}
