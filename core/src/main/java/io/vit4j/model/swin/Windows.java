package io.vit4j.model.swin;

import io.vit4j.onnx.GraphWriter;
import io.vit4j.onnx.Value;
import io.vit4j.torch.Device;
import io.vit4j.torch.Tensors;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How places are grouped in windows that do not overlap, row by row (Liu et al. 2021, section 3.2). Every other layer shifts them by
 * half a window, cyclically: a window at the edge then holds places from opposite sides, which must not see each other.
 *
 * @param rows of places
 * @param columns of places
 * @param size places on a window's side
 * @param shift places that windows are moved down and right
 */
record Windows(long rows, long columns, int size, int shift) {
    /** {@return places in a window} */
    int places() {
        return size * size;
    }

    /** {@return how many there are in a picture} */
    long count() {
        return (filledRows() / size) * (filledColumns() / size);
    }

    /** {@return places of a picture, with those that fill its last windows} */
    long filled() {
        return filledRows() * filledColumns();
    }

    private long filledRows() {
        return (rows + size - 1) / size * size;
    }

    private long filledColumns() {
        return (columns + size - 1) / size * size;
    }

    private boolean fills() {
        return filledRows() > rows || filledColumns() > columns;
    }

    /**
     * The windows of pictures, {@code [batch, rows, columns, n]} to {@code [batch * count, places, n]}; zeros fill the last ones of a row or
     * column.
     */
    Tensor cut(Tensor x) {
        Tensor filled = fills()
                ? torch.constant_pad_nd(x, new long[] {0, 0, 0, filledColumns() - columns, 0, filledRows() - rows})
                : x;
        return partitioned(moved(filled, -shift));
    }

    /**
     * The way back: {@code [batch * count, places, n]} to {@code [batch, rows, columns, n]}, contiguous. Each is the other's derivative.
     */
    Tensor joined(Tensor windows) {
        long down = filledRows() / size;
        long across = filledColumns() / size;
        Tensor whole = windows.view(-1, down, across, size, size, windows.size(2))
                .transpose(2, 3)
                .reshape(-1, filledRows(), filledColumns(), windows.size(2));
        Tensor back = moved(whole, shift);
        return fills() ? back.narrow(1, 0, rows).narrow(2, 0, columns).contiguous() : back;
    }

    /** As {@link #cut(Tensor)}, in a graph. */
    Value cut(GraphWriter graph, Value x) {
        Value filled = graph.padEnd(graph.padEnd(x, 1, filledRows() - rows), 2, filledColumns() - columns);
        Value moved = graph.roll(graph.roll(filled, 1, -shift), 2, -shift);
        Value byWindow =
                graph.reshape(moved, Value.BATCH, filledRows() / size, size, filledColumns() / size, size, x.size(3));
        return graph.reshape(graph.permute(byWindow, 0, 1, 3, 2, 4, 5), Value.BATCH, places(), x.size(3));
    }

    /** As {@link #joined(Tensor)}, in a graph. */
    Value joined(GraphWriter graph, Value windows) {
        long n = windows.size(2);
        Value byWindow =
                graph.reshape(windows, Value.BATCH, filledRows() / size, filledColumns() / size, size, size, n);
        Value whole =
                graph.reshape(graph.permute(byWindow, 0, 1, 3, 2, 4, 5), Value.BATCH, filledRows(), filledColumns(), n);
        Value back = graph.roll(graph.roll(whole, 1, shift), 2, shift);
        return graph.narrow(graph.narrow(back, 1, 0, rows), 2, 0, columns);
    }

    private Tensor partitioned(Tensor filled) {
        long n = filled.size(3);
        return filled.view(filled.size(0), filledRows() / size, size, filledColumns() / size, size, n)
                .transpose(2, 3)
                .reshape(-1, places(), n);
    }

    private static Tensor moved(Tensor x, int by) {
        return by == 0 ? x : torch.roll(x, new long[] {by, by}, 1, 2);
    }

    /**
     * What is added to the scores of two places of one window that are no neighbours in the picture; empty if no window holds any.
     *
     * @param apart what that is
     * @return {@code [count, places, places]} float32: 0 or {@code apart}
     */
    Optional<Tensor> mask(double apart, Device device) {
        if (shift == 0) {
            return Optional.empty();
        }
        Tensor regions = partitioned(regions()).view(count(), places());
        Tensor differ = regions.unsqueeze(1).ne(regions.unsqueeze(2));
        return Optional.of(Tensors.to(torch.mul(differ.to(torch.ScalarType.Float), new Scalar(apart)), device));
    }

    /** Which of nine parts of the shifted picture a place is in, those of one window being neighbours only within a part. */
    private Tensor regions() {
        int height = Math.toIntExact(filledRows());
        int width = Math.toIntExact(filledColumns());
        float[] regions = new float[Math.multiplyExact(height, width)];
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                regions[row * width + column] = 3 * part(row, height) + part(column, width);
            }
        }
        return Tensors.of(regions, 1, height, width, 1);
    }

    private int part(int at, int length) {
        if (at < length - size) {
            return 0;
        }
        return at < length - shift ? 1 : 2;
    }
}
