package io.vit4j.parquet;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.io.ParquetDecodingException;

/**
 * Checks the counts in a page before it is decoded: the decoders take memory for as many values as a run claims to have, however
 * short the page is.
 */
final class PageCheck {
    private static final int IN_GROUP = 8;
    private static final int MOST_IN_BLOCK = 1 << 16;

    private final ColumnDescriptor column;
    private final int values;
    private int start; // of the values

    PageCheck(ColumnDescriptor column, int values) {
        this.column = column;
        this.values = values;
    }

    /** The levels in front of the values, each with its length. */
    void levels(byte[] page, Encoding repetition, Encoding definition) {
        ByteBuffer in = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
        level(in, repetition, column.getMaxRepetitionLevel());
        level(in, definition, column.getMaxDefinitionLevel());
        start = in.position();
    }

    /** The same where they lie apart. */
    void levels(ByteBuffer repetition, ByteBuffer definition) {
        runs(repetition, width(column.getMaxRepetitionLevel()));
        runs(definition, width(column.getMaxDefinitionLevel()));
    }

    private void level(ByteBuffer in, Encoding encoding, int most) {
        if (most == 0) {
            return;
        }
        if (encoding != Encoding.RLE) {
            int bytes = (int) (((long) values * width(most) + 7) / 8);
            in.position(in.position() + bytes);
            return;
        }
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new ParquetDecodingException("levels longer than their page");
        }
        ByteBuffer levels = in.slice(in.position(), length);
        in.position(in.position() + length);
        runs(levels, width(most));
    }

    void values(byte[] page, Encoding encoding) {
        ByteBuffer in = ByteBuffer.wrap(page, start, page.length - start).order(ByteOrder.LITTLE_ENDIAN);
        switch (encoding) {
            case RLE_DICTIONARY, PLAIN_DICTIONARY -> {
                if (in.hasRemaining()) {
                    runs(in, in.get());
                }
            }
            case RLE -> {
                if (in.hasRemaining()) {
                    in.getInt();
                    runs(in, 1);
                }
            }
            case DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY -> deltas(in);
            case DELTA_BYTE_ARRAY -> {
                deltas(in);
                deltas(in);
            }
            default -> {} // bounded by the page
        }
    }

    private static int width(int most) {
        return 32 - Integer.numberOfLeadingZeros(most);
    }

    /** Runs of equal values, and groups of eight packed ones. */
    private void runs(ByteBuffer in, int width) {
        if (width < 0 || width > 32) {
            throw new ParquetDecodingException("values of " + width + " bits");
        }
        long left = values;
        while (in.hasRemaining() && left > 0) {
            long header = varint(in);
            long count = header >>> 1;
            if ((header & 1) == 0) {
                in.position(Math.min(in.position() + (width + 7) / 8, in.limit()));
                left -= count;
            } else {
                if (count > left / IN_GROUP + 64) { // groups are padded
                    throw new ParquetDecodingException("a run of " + count * IN_GROUP + " values among " + left);
                }
                in.position((int) Math.min(in.position() + count * width, in.limit()));
                left -= count * IN_GROUP;
            }
        }
    }

    /** Blocks of differences between values; leaves the buffer behind the last. */
    private void deltas(ByteBuffer in) {
        if (!in.hasRemaining()) {
            return;
        }
        long inBlock = varint(in);
        long parts = varint(in);
        long count = varint(in);
        varint(in);
        if (inBlock < 1 || inBlock > MOST_IN_BLOCK || parts < 1 || inBlock % parts != 0 || count > values) {
            throw new ParquetDecodingException(count + " values in blocks of " + inBlock);
        }
        for (long left = count - 1; left > 0; left -= inBlock) {
            varint(in);
            byte[] widths = new byte[(int) parts];
            in.get(widths);
            long inPart = inBlock / parts;
            for (int i = 0; i < parts && i * inPart < left; i++) {
                if (widths[i] < 0 || widths[i] > 64) {
                    throw new ParquetDecodingException("differences of " + widths[i] + " bits");
                }
                in.position((int) Math.min(in.position() + inPart * widths[i] / 8, in.limit()));
            }
        }
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = in.get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new ParquetDecodingException("a number of more than 64 bits");
    }
}
