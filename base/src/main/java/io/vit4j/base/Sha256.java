package io.vit4j.base;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of bytes, texts and files. */
public final class Sha256 {
    private static final int CHUNK = 1 << 20;

    private Sha256() {}

    /** {@return a new digest} */
    public static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** {@return 64 hexadecimal digits} */
    public static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(digest().digest(bytes));
    }

    /** {@return 64 hexadecimal digits of the text in UTF-8} */
    public static String hex(String text) {
        return hex(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Takes a chunk's bytes, from a position on. */
    @FunctionalInterface
    public interface Chunks {
        /** Takes {@code length} bytes; the array is used again afterwards. */
        void take(byte[] chunk, int from, int length);
    }

    /** Passes a regular file's bytes on in chunks, such as to {@link MessageDigest#update(byte[], int, int)}; returns how many there are. */
    public static long read(Path file, Chunks chunks) throws IOException {
        try (InputStream in = OpenFiles.stream(file)) {
            byte[] chunk = new byte[CHUNK];
            long size = 0;
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                chunks.take(chunk, 0, count);
                size += count;
            }
            return size;
        }
    }
}
