package io.vit4j.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * A TIFF file's first directory (TIFF 6.0, section 2), checked before the JDK's reader sees it, which believes whatever
 * counts and sizes it finds there and takes memory for them.
 */
final class TiffFile {
    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;
    private static final int BITS = 258;
    private static final int COMPRESSION = 259;
    private static final int SAMPLES = 277;
    private static final int ROWS_PER_STRIP = 278;
    private static final int STRIP_BYTES = 279;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_HEIGHT = 323;
    private static final int TILE_BYTES = 325;

    /** What decoding needs. Anything else (EXIF, private tags, further directories) is taken out. */
    private static final Set<Integer> NEEDED = Set.of(
            WIDTH,
            HEIGHT,
            BITS,
            COMPRESSION,
            262,
            266,
            273,
            274,
            SAMPLES,
            ROWS_PER_STRIP,
            STRIP_BYTES,
            284,
            292,
            293,
            317,
            320,
            TILE_WIDTH,
            TILE_HEIGHT,
            324,
            TILE_BYTES,
            338,
            339);

    private static final int NOT_COMPRESSED = 1;
    private static final Set<Integer> FAX = Set.of(2, 3, 4); // an empty line in a bit at best
    private static final Set<Integer> OTHERS = Set.of(5, 8, 32946, 32773); // LZW, deflate twice, PackBits
    private static final int BEST_COMPRESSION = 4096; // beyond LZW's and deflate's

    private static final int[] BYTES_OF_TYPE = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};
    private static final int ENTRY = 12;

    private final ByteBuffer file;
    private final Map<Integer, Integer> entries = new HashMap<>(); // tag to the place of its entry

    private TiffFile(byte[] copy) {
        file = ByteBuffer.wrap(copy).order(copy[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    }

    /** The same picture without what decoding does not need. DamagedImage where sizes do not fit the file or options. */
    static byte[] checked(byte[] file, DecodeOptions options) {
        try {
            TiffFile tiff = new TiffFile(file.clone());
            tiff.keepNeeded();
            tiff.refuseSizes(options);
            return tiff.file.array();
        } catch (IndexOutOfBoundsException e) {
            throw new DamagedImage("its directory of tags lies outside of it", e);
        }
    }

    private void keepNeeded() {
        int directory = file.getInt(4);
        int count = Short.toUnsignedInt(file.getShort(directory));
        int to = directory + 2;
        for (int i = 0; i < count; i++) {
            int at = directory + 2 + ENTRY * i;
            int tag = Short.toUnsignedInt(file.getShort(at));
            if (!NEEDED.contains(tag) || entries.containsKey(tag)) {
                continue;
            }
            byte[] entry = new byte[ENTRY];
            file.get(at, entry);
            file.put(to, entry);
            entries.put(tag, to);
            refuseOutside(to, tag);
            to += ENTRY;
        }
        file.putShort(directory, (short) entries.size());
        file.putInt(to, 0); // no further directory
    }

    private void refuseOutside(int at, int tag) {
        int type = Short.toUnsignedInt(file.getShort(at + 2));
        long count = Integer.toUnsignedLong(file.getInt(at + 4));
        long bytes = type < BYTES_OF_TYPE.length ? count * BYTES_OF_TYPE[type] : 0;
        long place = bytes <= 4 ? at + 8 : Integer.toUnsignedLong(file.getInt(at + 8));
        if (bytes == 0 || place + bytes > file.capacity()) {
            throw new DamagedImage("its tag " + tag + " has " + count + " values, more than the file");
        }
    }

    private int count(int tag) {
        return entries.containsKey(tag) ? file.getInt(entries.get(tag) + 4) : 0;
    }

    /** A tag's value of that number, unsigned; {@code absent} where the tag is not there. */
    private long value(int tag, int index, long absent) {
        if (index >= count(tag)) {
            return absent;
        }
        int at = entries.get(tag);
        int type = file.getShort(at + 2);
        int size = BYTES_OF_TYPE[type];
        int place = (long) size * count(tag) <= 4 ? at + 8 : file.getInt(at + 8);
        return switch (type) {
            case 1 -> Byte.toUnsignedInt(file.get(place + index));
            case 3 -> Short.toUnsignedInt(file.getShort(place + 2 * index));
            case 4 -> Integer.toUnsignedLong(file.getInt(place + 4 * index));
            default -> throw new DamagedImage("its tag " + tag + " is of type " + type);
        };
    }

    private void refuseSizes(DecodeOptions options) {
        long width = value(WIDTH, 0, 0);
        long height = value(HEIGHT, 0, 0);
        ImageDecoder.refuseSize((int) Math.min(width, 1 << 30), (int) Math.min(height, 1 << 30), options);
        long samples = value(SAMPLES, 0, 1);
        long bits = 0;
        for (int i = 0; i < samples && i < 8; i++) {
            long of = value(BITS, Math.min(i, Math.max(count(BITS) - 1, 0)), 1);
            bits += of;
            if (of != 1 && of != 2 && of != 4 && of != 8 && of != 16) {
                throw new DamagedImage("its samples have " + of + " bits; save it with 8 or 16");
            }
        }
        if (samples < 1 || samples > 4) {
            throw new DamagedImage("it has " + samples + " samples a pixel; 1 to 4 can be read");
        }
        boolean tiled = entries.containsKey(TILE_WIDTH);
        long pieceWidth = tiled ? value(TILE_WIDTH, 0, 0) : width;
        long pieceHeight = tiled ? value(TILE_HEIGHT, 0, 0) : Math.min(value(ROWS_PER_STRIP, 0, height), height);
        boolean outOfProportion = pieceWidth > 2 * width + 1024 || pieceHeight > 2 * height + 1024;
        if (pieceWidth < 1
                || pieceHeight < 1
                || outOfProportion
                || pieceWidth * pieceHeight > 4 * options.maxPixels()) {
            throw new DamagedImage("its tiles or strips are of " + pieceWidth + "x" + pieceHeight);
        }
        refuseTooFewBytes(tiled ? TILE_BYTES : STRIP_BYTES, width * height * bits / 8, height);
    }

    private void refuseTooFewBytes(int tag, long raw, long height) {
        long stored = 0;
        for (int i = 0; i < count(tag); i++) {
            stored += value(tag, i, 0);
        }
        int compression = (int) value(COMPRESSION, 0, NOT_COMPRESSED);
        if (compression != NOT_COMPRESSED && !FAX.contains(compression) && !OTHERS.contains(compression)) {
            throw new DamagedImage("it is compressed in a way that is not read here (" + compression
                    + "); save it by LZW, deflate or not compressed");
        }
        boolean tooFew = compression == NOT_COMPRESSED
                ? stored < raw
                : stored < (OTHERS.contains(compression) ? raw / BEST_COMPRESSION : height / 8);
        if (stored > file.capacity() || tooFew) {
            throw new DamagedImage("it says it holds " + stored + " bytes of pixels where it has " + file.capacity()
                    + " bytes and needs " + raw);
        }
    }
}
