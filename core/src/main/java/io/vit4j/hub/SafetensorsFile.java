package io.vit4j.hub;

import io.vit4j.base.InputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;

/** A safetensors file open for reading; see {@link Safetensors#open}. */
public final class SafetensorsFile extends NamedTensors {
    private static final int PREFIX = 8; // bytes that hold the header's length

    private final FileRegion region;
    private final Map<String, String> metadata;

    private SafetensorsFile(FileRegion region) {
        super(region.file().toString());
        this.region = region;
        long length = headerLength(region);
        byte[] json = region.read(PREFIX, (int) length);
        long dataStart = PREFIX + length;
        SafetensorsHeader header = SafetensorsHeader.parse(json, region.size() - dataStart, region.file());
        metadata = Collections.unmodifiableMap(header.metadata());
        for (SafetensorsHeader.HeaderEntry entry : header.entries()) {
            add(
                    entry.name(),
                    new RegionTensor(
                            region,
                            entry.name(),
                            entry.dtype(),
                            entry.shape(),
                            dataStart + entry.begin(),
                            entry.end() - entry.begin()));
        }
    }

    static SafetensorsFile open(Path file) {
        FileRegion region = FileRegion.open(file);
        try {
            return new SafetensorsFile(region);
        } catch (RuntimeException | Error e) {
            region.close();
            throw e;
        }
    }

    private static long headerLength(FileRegion region) {
        Path file = region.file();
        WrongFile.refuse(region, "safetensors");
        if (region.size() < PREFIX) {
            throw InputException.in(
                    file, "has " + region.size() + " bytes, too few for a safetensors file; download it again");
        }
        long length = ByteBuffer.wrap(region.read(0, PREFIX))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
        if (length < 0 || length > SafetensorsHeader.LONGEST) {
            throw InputException.in(
                    file,
                    "its header would be " + Long.toUnsignedString(length)
                            + " bytes long, over the 100,000,000 that the format allows; is it a safetensors file?");
        }
        if (length > region.size() - PREFIX) {
            throw InputException.in(
                    file,
                    "its header of " + length + " bytes is longer than the file of " + region.size()
                            + " bytes; it is truncated or not a safetensors file, download it again");
        }
        return length;
    }

    /** The free text of the file's {@code __metadata__}, by name. */
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public void close() {
        region.close();
    }
}
