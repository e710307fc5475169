package io.vit4j.hub;

import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * A file's bytes in short.
 *
 * @param size how many there are
 * @param sha256 in hexadecimal digits
 * @param crc32c in 8 of them
 */
record FileSums(long size, String sha256, String crc32c) {
    private static final int CHUNK = 1 << 20;

    static FileSums of(Path file) throws IOException {
        MessageDigest digest = digest();
        CRC32C crc = new CRC32C();
        long size = read(file, (chunk, from, length) -> {
            crc.update(chunk, from, length);
            digest.update(chunk, from, length);
        });
        return new FileSums(size, HexFormat.of().formatHex(digest.digest()), hex(crc));
    }

    /** The last of them alone, at several times the speed. */
    static String crc32cOf(Path file) throws IOException {
        CRC32C crc = new CRC32C();
        read(file, crc::update);
        return hex(crc);
    }

    static String sha256Of(byte[] bytes) {
        return HexFormat.of().formatHex(digest().digest(bytes));
    }

    /** What takes bytes of a chunk, from its start to a length. */
    @FunctionalInterface
    private interface Sum {
        void update(byte[] chunk, int from, int length);
    }

    private static long read(Path file, Sum sum) throws IOException {
        try (InputStream in = OpenFiles.stream(file)) {
            byte[] chunk = new byte[CHUNK];
            long size = 0;
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                sum.update(chunk, 0, count);
                size += count;
            }
            return size;
        }
    }

    private static String hex(CRC32C crc) {
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
