package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A TIFF file's first directory (TIFF 6.0, section 2; or BigTIFF's), checked before the JDK's reader sees it, which believes
 * whatever counts and sizes it finds there and takes memory for them, and reads no BigTIFF.
 */
final class TiffFile {
    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;
    private static final int BITS = 258;
    private static final int COMPRESSION = 259;
    private static final int PHOTOMETRIC = 262;
    private static final int FILL_ORDER = 266;
    private static final int STRIP_PLACES = 273;
    private static final int SAMPLES = 277;
    private static final int ROWS_PER_STRIP = 278;
    private static final int STRIP_BYTES = 279;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_HEIGHT = 323;
    private static final int TILE_PLACES = 324;
    private static final int TILE_BYTES = 325;

    /** What decoding needs. Anything else (EXIF, private tags, further directories) is left out. */
    private static final Set<Integer> NEEDED = Set.of(
            WIDTH,
            HEIGHT,
            BITS,
            COMPRESSION,
            PHOTOMETRIC,
            FILL_ORDER,
            STRIP_PLACES,
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
            TILE_PLACES,
            TILE_BYTES,
            338,
            339);

    private static final int NOT_COMPRESSED = 1;
    private static final Set<Integer> FAX = Set.of(2, 3, 4); // an empty line in a bit at best
    private static final Set<Integer> OTHERS = Set.of(5, 8, 32946, 32773); // LZW, deflate twice, PackBits
    private static final int BEST_COMPRESSION = 4096; // beyond LZW's and deflate's

    /** Colours that come out as Pillow's: white is zero, black is zero, red-green-blue, palette. */
    private static final Set<Long> COLOURS = Set.of(0L, 1L, 2L, 3L);

    private static final Map<Long, String> OTHER_COLOURS =
            Map.of(5L, "CMYK", 6L, "YCbCr", 8L, "Lab", 9L, "Lab", 10L, "Lab", 32803L, "a camera's raw");

    private static final int LONG = 4;
    private static final int LONG8 = 16;
    private static final int[] BYTES_OF_TYPE = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 0, 0, 0, 8};
    private static final int ENTRY = 12;
    private static final int HEADER = 8;

    private record Entry(int type, int count, int place) {
        int bytes() {
            return count * BYTES_OF_TYPE[type];
        }
    }

    private final ByteBuffer file;
    private final SortedMap<Integer, Entry> entries = new TreeMap<>(); // by tag

    private TiffFile(byte[] bytes) {
        file = ByteBuffer.wrap(bytes).order(bytes[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    }

    /** The same picture without what decoding does not need. DamagedImage if sizes do not fit the file or options. */
    static byte[] checked(byte[] file, DecodeOptions options) {
        try {
            TiffFile tiff = new TiffFile(file);
            tiff.readDirectory(file[2] == '+' || file[3] == '+');
            tiff.refuseSizes(options);
            return tiff.bare();
        } catch (IndexOutOfBoundsException e) {
            throw new DamagedImage("its directory of tags is outside the file", e);
        }
    }

    private void readDirectory(boolean big) {
        long at = big ? file.getLong(8) : file.getInt(4);
        if (at < HEADER || at > file.capacity() - 8) {
            throw new IndexOutOfBoundsException();
        }
        long count = big ? file.getLong((int) at) : Short.toUnsignedInt(file.getShort((int) at));
        int place = (int) at + (big ? 8 : 2);
        int entryBytes = big ? 20 : ENTRY;
        for (long i = 0; i < Math.min(count, 0xFFFF); i++, place += entryBytes) {
            int tag = Short.toUnsignedInt(file.getShort(place));
            if (NEEDED.contains(tag) && !entries.containsKey(tag)) {
                entries.put(tag, entry(tag, place, big));
            }
        }
    }

    private Entry entry(int tag, int at, boolean big) {
        int type = Short.toUnsignedInt(file.getShort(at + 2));
        long count = big ? file.getLong(at + 4) : Integer.toUnsignedLong(file.getInt(at + 4));
        int size = type < BYTES_OF_TYPE.length && (big || type != LONG8) ? BYTES_OF_TYPE[type] : 0;
        int value = at + (big ? 12 : 8);
        boolean inside = count >= 0 && count <= file.capacity() && count * size <= (big ? 8 : 4);
        long place = inside ? value : big ? file.getLong(value) : Integer.toUnsignedLong(file.getInt(value));
        if (count < 1 || size == 0 || count > file.capacity() || place < 0 || place > file.capacity() - count * size) {
            throw new DamagedImage("its tag " + tag + " has " + count + " values, more than the file has");
        }
        return new Entry(type, (int) count, (int) place);
    }

    private int count(int tag) {
        return entries.containsKey(tag) ? entries.get(tag).count() : 0;
    }

    /** A tag's value of that number, unsigned; {@code absent} if the tag is not there. */
    private long value(int tag, int index, long absent) {
        if (index >= count(tag)) {
            return absent;
        }
        Entry entry = entries.get(tag);
        return switch (entry.type()) {
            case 1 -> Byte.toUnsignedInt(file.get(entry.place() + index));
            case 3 -> Short.toUnsignedInt(file.getShort(entry.place() + 2 * index));
            case LONG -> Integer.toUnsignedLong(file.getInt(entry.place() + 4 * index));
            case LONG8 -> long8(file.getLong(entry.place() + 8 * index));
            default -> throw new DamagedImage("its tag " + tag + " is of type " + entry.type());
        };
    }

    /** Cut to what no file that is read here reaches, so that sums do not overflow. */
    private static long long8(long value) {
        return value < 0 || value > 1L << 32 ? 1L << 32 : value;
    }

    private void refuseSizes(DecodeOptions options) {
        long width = value(WIDTH, 0, 0);
        long height = value(HEIGHT, 0, 0);
        options.refuseSize((int) Math.min(width, 1 << 30), (int) Math.min(height, 1 << 30));
        long colours = value(PHOTOMETRIC, 0, 0);
        if (!COLOURS.contains(colours)) {
            throw new DamagedImage(
                    "it is a TIFF in " + OTHER_COLOURS.getOrDefault(colours, "colours of kind " + colours)
                            + ", which is not supported; save it as RGB or PNG");
        }
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
            throw new DamagedImage("it has " + samples + " samples per pixel; 1 to 4 can be read");
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
        refuseOutside(tiled ? TILE_PLACES : STRIP_PLACES, tiled ? TILE_BYTES : STRIP_BYTES);
        refuseTooFewBytes(tiled ? TILE_BYTES : STRIP_BYTES, width * height * bits / 8, height);
    }

    private void refuseOutside(int places, int bytes) {
        for (int i = 0; i < count(places); i++) {
            if (value(places, i, 0) + value(bytes, i, 0) > file.capacity()) {
                throw new DamagedImage("it ends after " + file.capacity() + " bytes, within the picture");
            }
        }
    }

    private void refuseTooFewBytes(int tag, long raw, long height) {
        long stored = 0;
        for (int i = 0; i < count(tag); i++) {
            stored += value(tag, i, 0);
        }
        int compression = (int) value(COMPRESSION, 0, NOT_COMPRESSED);
        if (compression != NOT_COMPRESSED && !FAX.contains(compression) && !OTHERS.contains(compression)) {
            throw new DamagedImage("it is compressed in a way that is not supported (" + compression
                    + "); save it with LZW, Deflate or uncompressed");
        }
        boolean tooFew = compression == NOT_COMPRESSED
                ? stored < raw
                : stored < (OTHERS.contains(compression) ? raw / BEST_COMPRESSION : height / 8);
        if (stored > file.capacity() || tooFew) {
            throw new DamagedImage("it claims to contain " + stored + " bytes of pixels, but it has " + file.capacity()
                    + " bytes and needs " + raw);
        }
    }

    /** Bytes whose bits begin with the lowest, which the JDK's reader knows of fax alone, made to begin with the highest. */
    private void turnBits(ByteBuffer copy) {
        boolean tiled = entries.containsKey(TILE_WIDTH);
        int places = tiled ? TILE_PLACES : STRIP_PLACES;
        for (int i = 0; i < count(places); i++) {
            int from = (int) value(places, i, 0);
            int end = from + (int) value(tiled ? TILE_BYTES : STRIP_BYTES, i, 0);
            for (int at = from; at < end; at++) {
                copy.put(at, (byte) (Integer.reverse(copy.get(at)) >>> 24));
            }
        }
    }

    /** The file, with a directory of what is needed behind it, in the smaller form; eight-byte numbers become four. */
    private byte[] bare() {
        int values = 0;
        for (Entry entry : entries.values()) {
            values += entry.bytes() + 1;
        }
        int directory = file.capacity() + (file.capacity() & 1);
        int behind = directory + 2 + ENTRY * entries.size() + 4;
        ByteBuffer bare =
                ByteBuffer.wrap(Arrays.copyOf(file.array(), behind + values)).order(file.order());
        boolean reversed = value(FILL_ORDER, 0, 1) == 2 && !FAX.contains((int) value(COMPRESSION, 0, NOT_COMPRESSED));
        if (reversed) {
            turnBits(bare);
        }
        bare.putShort(2, (short) 42).putInt(4, directory);
        bare.putShort(directory, (short) entries.size());
        int at = directory + 2;
        for (Map.Entry<Integer, Entry> tagged : entries.entrySet()) {
            int tag = tagged.getKey();
            Entry entry = tagged.getValue();
            boolean narrowed = entry.type() == LONG8;
            int bytes = narrowed ? entry.count() * 4 : entry.bytes();
            bare.putShort(at, (short) tag)
                    .putShort(at + 2, (short) (narrowed ? LONG : entry.type()))
                    .putInt(at + 4, entry.count())
                    .putInt(at + 8, bytes <= 4 ? 0 : behind);
            int to = bytes <= 4 ? at + 8 : behind;
            for (int i = 0; narrowed && i < entry.count(); i++) {
                bare.putInt(to + 4 * i, (int) Math.min(value(tag, i, 0), Integer.MAX_VALUE));
            }
            if (!narrowed) {
                bare.put(to, file, entry.place(), bytes);
            }
            if (tag == FILL_ORDER && reversed) {
                bare.putInt(to, 0).putShort(to, (short) 1);
            }
            behind += bytes <= 4 ? 0 : bytes + (bytes & 1);
            at += ENTRY;
        }
        return bare.array();
    }
}
