package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.hub.StoredZip.Extent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Arrays by name as {@code numpy.savez} writes them: a zip file of {@code NAME.npy} entries that are not compressed, each with a header that
 * says type, order and shape (numpy/lib/format.py). Arrays of Python objects, which NumPy keeps as pickles, are refused.
 */
final class NumpyArchive extends NamedTensors {
    private static final String ENTRY = ".npy";
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int LONGEST_HEADER = 10_000; // as NumPy reads without being told otherwise
    private static final Pattern HEADER = Pattern.compile("\\{'descr': '([^']{1,16})', 'fortran_order': (True|False),"
            + " 'shape': \\(((?:\\d{1,18}L?,? ?)*)\\),? ?\\}\\s*");
    private static final Pattern SIZE = Pattern.compile("\\d+");

    /** What NumPy calls little-endian types; {@code V2} is how JAX's programs store bfloat16, which NumPy has no name for. */
    private static final Map<String, StoredDtype> TYPES = Map.ofEntries(
            Map.entry("<f2", StoredDtype.F16),
            Map.entry("<f4", StoredDtype.F32),
            Map.entry("<f8", StoredDtype.F64),
            Map.entry("|V2", StoredDtype.BF16),
            Map.entry("<V2", StoredDtype.BF16),
            Map.entry("|b1", StoredDtype.BOOL),
            Map.entry("|i1", StoredDtype.I8),
            Map.entry("|u1", StoredDtype.U8),
            Map.entry("<i2", StoredDtype.I16),
            Map.entry("<u2", StoredDtype.U16),
            Map.entry("<i4", StoredDtype.I32),
            Map.entry("<u4", StoredDtype.U32),
            Map.entry("<i8", StoredDtype.I64),
            Map.entry("<u8", StoredDtype.U64));

    private final FileRegion region;

    private NumpyArchive(FileRegion region) {
        super(region.file().toString());
        this.region = region;
    }

    /** Opens a file; InputException if it is damaged or something else. */
    static NumpyArchive open(Path path) {
        FileRegion region = FileRegion.open(path);
        try {
            WrongFile.refuse(region, "NumPy");
            NumpyArchive archive = new NumpyArchive(region);
            StoredZip.entries(region, "write it with numpy.savez").forEach(archive::read);
            return archive;
        } catch (RuntimeException | Error e) {
            region.close();
            throw e;
        }
    }

    private void read(String entry, Extent extent) {
        if (!entry.endsWith(ENTRY)) {
            throw wrong(entry, "is no array (*" + ENTRY + ")");
        }
        String name = entry.substring(0, entry.length() - ENTRY.length());
        int lengthSize = start(entry, extent);
        int before = MAGIC.length + 2 + lengthSize;
        byte[] raw = region.read(extent.position() + MAGIC.length + 2, lengthSize);
        ByteBuffer length = ByteBuffer.wrap(Arrays.copyOf(raw, Integer.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        int headerLength = length.getInt();
        if (headerLength < 0 || headerLength > Math.min(LONGEST_HEADER, extent.size() - before)) {
            throw wrong(entry, "has a header that is longer than it may be");
        }
        String header = new String(region.read(extent.position() + before, headerLength), StandardCharsets.ISO_8859_1);
        long first = (long) before + headerLength;
        add(name, tensor(entry, name, header, new Extent(extent.position() + first, extent.size() - first)));
    }

    /** {@return how many bytes the header's length has: 2 in version 1, 4 in versions 2 and 3} */
    private int start(String entry, Extent extent) {
        int least = MAGIC.length + 2 + Integer.BYTES;
        byte[] start = extent.size() < least ? new byte[least] : region.read(extent.position(), least);
        if (!Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw wrong(entry, "does not begin like an array of NumPy's");
        }
        int version = start[MAGIC.length];
        if (version < 1 || version > 3) {
            throw wrong(entry, "is of version " + version + " of the format, which is unknown");
        }
        return version == 1 ? Short.BYTES : Integer.BYTES;
    }

    private StoredTensor tensor(String entry, String name, String header, Extent numbers) {
        Matcher matcher = HEADER.matcher(header);
        if (!matcher.matches()) {
            throw wrong(entry, "has a header that does not say type, order and shape of a plain array");
        }
        StoredDtype dtype = Optional.ofNullable(TYPES.get(matcher.group(1)))
                .orElseThrow(() -> wrong(
                        entry,
                        "is of NumPy's type '" + matcher.group(1)
                                + "', of which no weights are; only little-endian numbers are read, and no objects"));
        long[] shape = SIZE.matcher(matcher.group(3))
                .results()
                .mapToLong(size -> Long.parseLong(size.group()))
                .toArray();
        if (shape.length > StoredTensor.MOST_DIMENSIONS) {
            throw wrong(entry, "has " + shape.length + " dimensions");
        }
        long size = size(entry, dtype, shape);
        if (size != numbers.size()) {
            throw wrong(entry, "has " + numbers.size() + " bytes of numbers, but its header says that it has " + size);
        }
        RegionTensor inRows = new RegionTensor(region, name, dtype, shape, numbers.position(), size);
        boolean byColumns = matcher.group(2).equals("True") && shape.length > 1 && size > 0;
        if (byColumns && size > Integer.MAX_VALUE - 8) {
            throw wrong(entry, "is over 2 GiB and in Fortran's order; write it in C's");
        }
        return byColumns ? new StridedTensor(inRows, name, shape, stridesByColumns(shape)) : inRows;
    }

    private long size(String entry, StoredDtype dtype, long[] shape) {
        try {
            return dtype.byteSize(shape);
        } catch (ArithmeticException e) {
            throw wrong(entry, "is of an impossible size");
        }
    }

    private static long[] stridesByColumns(long[] shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int i = 0; i < shape.length; i++) {
            strides[i] = stride;
            stride *= shape[i];
        }
        return strides;
    }

    private InputException wrong(String entry, String what) {
        String shown = entry.length() <= 100 ? entry : entry.substring(0, 100) + "...";
        return InputException.in(
                region.file(),
                "its entry " + shown + " " + what + "; it is damaged or no archive of weights, download it again");
    }

    @Override
    public void close() {
        region.close();
    }
}
