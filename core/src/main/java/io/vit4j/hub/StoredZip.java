package io.vit4j.hub;

import io.vit4j.base.InputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the entries of a zip file lie whose entries are stored as they are, as PyTorch and NumPy write them (APPNOTE.TXT of PKWARE,
 * 4.3). Compressed, encrypted, doubled or overlapping entries, and any that the two directories tell differently, are
 * refused.
 */
final class StoredZip {
    private static final int END_SIZE = 22;
    private static final int LONGEST_COMMENT = 0xFFFF;
    private static final int LOCATOR_SIZE = 20;
    private static final int END64_SIZE = 56;
    private static final int CENTRAL_SIZE = 46;
    private static final int LOCAL_SIZE = 30;
    private static final int LARGEST_DIRECTORY = 8 << 20; // about 100,000 tensors
    private static final long IN_ZIP64 = 0xFFFFFFFFL;

    private final FileRegion file;
    private final String mendOfCompressed;

    /** An entry's bytes, from a position in the file. */
    record Extent(long position, long size) {}

    private record Directory(long position, long size) {}

    private record Entry(String name, long header, long size) {}

    private StoredZip(FileRegion file, String mendOfCompressed) {
        this.file = file;
        this.mendOfCompressed = mendOfCompressed;
    }

    /**
     * The entries' places by name.
     *
     * @param mendOfCompressed what to do about compressed ones
     */
    static Map<String, Extent> entries(FileRegion file, String mendOfCompressed) {
        return new StoredZip(file, mendOfCompressed).read();
    }

    private Map<String, Extent> read() {
        Directory directory = directory();
        List<Entry> entries = new ArrayList<>();
        ByteBuffer central = bytes(directory.position(), directory.size(), "directory");
        while (central.hasRemaining()) {
            entries.add(entry(central));
        }
        entries.sort(Comparator.comparingLong(Entry::header));
        Map<String, Extent> extents = new LinkedHashMap<>();
        long free = 0; // where the next entry may begin
        for (Entry entry : entries) {
            if (entry.header() < free) {
                throw damaged("entry " + entry.name() + " overlaps the one before it");
            }
            Extent extent = locate(entry, directory.position());
            free = extent.position() + extent.size();
            if (extents.put(entry.name(), extent) != null) {
                throw damaged("there are two entries " + entry.name());
            }
        }
        return extents;
    }

    private Directory directory() {
        int tailSize = (int) Math.min(file.size(), END_SIZE + LONGEST_COMMENT);
        ByteBuffer tail = bytes(file.size() - tailSize, tailSize, "end");
        for (int at = tailSize - END_SIZE; at >= 0; at--) {
            if (tail.getInt(at) == 0x06054b50
                    && Short.toUnsignedInt(tail.getShort(at + 20)) == tailSize - END_SIZE - at) {
                long size = Integer.toUnsignedLong(tail.getInt(at + 12));
                long position = Integer.toUnsignedLong(tail.getInt(at + 16));
                Directory directory = directory64(file.size() - tailSize + at, new Directory(position, size));
                if (directory.size() < 0
                        || directory.size() > LARGEST_DIRECTORY
                        || directory.position() < 0
                        || directory.position() > file.size() - directory.size()) {
                    throw damaged("its directory lies outside of it");
                }
                return directory;
            }
        }
        throw damaged("it has no end, it is cut off");
    }

    /** The directory's place as the larger form of the end says, if there is one. */
    private Directory directory64(long end, Directory small) {
        if (end >= LOCATOR_SIZE) {
            ByteBuffer locator = bytes(end - LOCATOR_SIZE, LOCATOR_SIZE, "end");
            if (locator.getInt(0) == 0x07064b50) {
                ByteBuffer end64 = bytes(locator.getLong(8), END64_SIZE, "end");
                if (end64.getInt(0) != 0x06064b50) {
                    throw damaged("its end points to nowhere");
                }
                return new Directory(end64.getLong(48), end64.getLong(40));
            }
        }
        return small;
    }

    private Entry entry(ByteBuffer central) {
        if (central.remaining() < CENTRAL_SIZE || central.getInt(central.position()) != 0x02014b50) {
            throw damaged("its directory is garbled");
        }
        ByteBuffer fixed = slice(central, CENTRAL_SIZE);
        int nameLength = Short.toUnsignedInt(fixed.getShort(28));
        int extraLength = Short.toUnsignedInt(fixed.getShort(30));
        int commentLength = Short.toUnsignedInt(fixed.getShort(32));
        if (central.remaining() < nameLength + extraLength + commentLength) {
            throw damaged("its directory is garbled");
        }
        String name = StandardCharsets.UTF_8.decode(slice(central, nameLength)).toString();
        ByteBuffer extra = slice(central, extraLength);
        slice(central, commentLength);
        if ((fixed.getShort(8) & 1) != 0) {
            throw damaged("entry " + name + " is encrypted");
        }
        if (fixed.getShort(10) != 0) {
            throw InputException.in(
                    file.file(), "as a zip file, entry " + shorten(name) + " is compressed; " + mendOfCompressed);
        }
        // in this order, as far as the fixed fields leave them to it
        ByteBuffer large = zip64(extra);
        long size = field(fixed.getInt(24), large, name);
        long storedSize = field(fixed.getInt(20), large, name);
        long header = field(fixed.getInt(42), large, name);
        if (size != storedSize || size < 0 || header < 0) {
            throw damaged("entry " + name + " has sizes that do not agree");
        }
        return new Entry(name, header, size);
    }

    private ByteBuffer zip64(ByteBuffer extra) {
        while (extra.remaining() >= 4) {
            int id = Short.toUnsignedInt(extra.getShort());
            int length = Short.toUnsignedInt(extra.getShort());
            if (length > extra.remaining()) {
                throw damaged("its directory is garbled");
            }
            ByteBuffer block = slice(extra, length);
            if (id == 1) {
                return block;
            }
        }
        return ByteBuffer.allocate(0);
    }

    private long field(int small, ByteBuffer large, String name) {
        if (Integer.toUnsignedLong(small) != IN_ZIP64) {
            return Integer.toUnsignedLong(small);
        }
        if (large.remaining() < Long.BYTES) {
            throw damaged("entry " + name + " lacks its size");
        }
        return large.getLong();
    }

    private Extent locate(Entry entry, long directory) {
        ByteBuffer local = bytes(entry.header(), LOCAL_SIZE, "entry " + entry.name());
        long name = entry.header() + LOCAL_SIZE;
        int nameLength = Short.toUnsignedInt(local.getShort(26));
        if (local.getInt(0) != 0x04034b50
                || local.getShort(8) != 0
                || !StandardCharsets.UTF_8
                        .decode(bytes(name, nameLength, "entry " + entry.name()))
                        .toString()
                        .equals(entry.name())) {
            throw damaged("entry " + entry.name() + " is not where the directory says");
        }
        long position = name + nameLength + Short.toUnsignedInt(local.getShort(28));
        if (entry.size() > directory - position) {
            throw damaged("entry " + entry.name() + " of " + entry.size() + " bytes is longer than the file allows");
        }
        return new Extent(position, entry.size());
    }

    private ByteBuffer bytes(long position, long size, String what) {
        if (position < 0 || size > file.size() || position > file.size() - size) {
            throw damaged("its " + what + " lies outside of it");
        }
        return ByteBuffer.wrap(file.read(position, (int) size)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer slice(ByteBuffer from, int length) {
        ByteBuffer part = from.slice(from.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        from.position(from.position() + length);
        return part;
    }

    private InputException damaged(String what) {
        return InputException.in(
                file.file(), "as a zip file, " + shorten(what) + "; it is damaged, download or save it again");
    }

    private static String shorten(String text) {
        return text.length() <= 300 ? text : text.substring(0, 300) + "...";
    }
}
