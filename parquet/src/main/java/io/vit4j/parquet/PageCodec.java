package io.vit4j.parquet;

import io.airlift.compress.Decompressor;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import io.vit4j.base.InputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.format.CompressionCodec;

/** How a page is packed. */
interface PageCodec {
    /**
     * Unpacks a page.
     *
     * @param length that it has then
     */
    byte[] unpack(byte[] packed, int length) throws IOException;

    static PageCodec of(CompressionCodec codec, Path file) {
        return switch (codec) {
            case UNCOMPRESSED -> PageCodec::asIs;
            case SNAPPY -> (packed, length) -> unpack(new SnappyDecompressor(), packed, 0, length);
            case ZSTD -> (packed, length) -> unpack(new ZstdDecompressor(), packed, 0, length);
            case GZIP -> PageCodec::gunzip;
            case LZ4_RAW -> (packed, length) -> unpack(new Lz4Decompressor(), packed, 0, length);
            case LZ4 -> PageCodec::hadoopLz4;
            default ->
                throw InputException.in(
                        file, "is compressed with " + codec + ", which is not read; write it with snappy or zstd");
        };
    }

    private static byte[] asIs(byte[] packed, int length) throws IOException {
        return exactly(packed, packed.length, length);
    }

    private static byte[] unpack(Decompressor codec, byte[] packed, int from, int length) throws IOException {
        byte[] bytes = new byte[length];
        return exactly(bytes, codec.decompress(packed, from, packed.length - from, bytes, 0, length), length);
    }

    private static byte[] gunzip(byte[] packed, int length) throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            byte[] bytes = new byte[length];
            int read = in.readNBytes(bytes, 0, length);
            return exactly(bytes, in.read() < 0 ? read : length + 1, length);
        }
    }

    /** Hadoop puts frames around the blocks: the length unpacked and the length packed, both with the high byte first. */
    private static byte[] hadoopLz4(byte[] packed, int length) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(packed);
        byte[] bytes = new byte[length];
        int filled = 0;
        while (filled < length) {
            int unpacked = in.getInt();
            int size = in.getInt();
            if (unpacked < 1 || size < 0 || size > in.remaining() || unpacked > length - filled) {
                throw new IOException("a page with frames that do not fit");
            }
            int read = new Lz4Decompressor().decompress(packed, in.position(), size, bytes, filled, unpacked);
            if (read != unpacked) {
                throw new IOException("a frame of another length");
            }
            in.position(in.position() + size);
            filled += unpacked;
        }
        return exactly(bytes, filled, length);
    }

    private static byte[] exactly(byte[] bytes, int got, int length) throws IOException {
        if (got != length) {
            throw new IOException("a page has " + got + " bytes instead of " + length);
        }
        return bytes;
    }
}
