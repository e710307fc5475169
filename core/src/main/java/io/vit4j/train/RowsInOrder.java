package io.vit4j.train;

import io.vit4j.hub.StoredDtype;
import io.vit4j.hub.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntFunction;

/** A float32 tensor {@code [rows, width]} that is made while it is written, some rows at a time: it need never be whole. */
final class RowsInOrder implements StoredTensor {
    private final String name;
    private final int rows;
    private final int width;
    private final IntFunction<float[]> next;
    private ByteBuffer made = ByteBuffer.allocate(0);
    private int rowsMade;
    private long position;

    /** @param next gives the next rows, of so many left: at least one, no more than that */
    RowsInOrder(String name, int rows, int width, IntFunction<float[]> next) {
        this.name = name;
        this.rows = rows;
        this.width = width;
        this.next = next;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public StoredDtype dtype() {
        return StoredDtype.F32;
    }

    @Override
    public long[] shape() {
        return new long[] {rows, width};
    }

    @Override
    public void read(long offset, ByteBuffer destination) {
        if (offset != position) {
            throw new IllegalStateException("read at " + offset + ", not in order at " + position);
        }
        position += destination.remaining();
        while (destination.hasRemaining()) {
            if (!made.hasRemaining()) {
                make();
            }
            int count = Math.min(made.remaining(), destination.remaining());
            destination.put(made.slice().limit(count));
            made.position(made.position() + count);
        }
    }

    private void make() {
        if (rowsMade == rows) {
            throw new IndexOutOfBoundsException(name + " has no more than " + rows + " rows");
        }
        float[] numbers = next.apply(rows - rowsMade);
        made = ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        made.asFloatBuffer().put(numbers);
        rowsMade += numbers.length / width;
    }
}
