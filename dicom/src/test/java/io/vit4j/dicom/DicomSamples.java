package io.vit4j.dicom;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** What make.py wrote: small pictures in every coding, and what other programs decode from them. */
final class DicomSamples {
    private static final Map<String, byte[]> ALL = read();

    /** Values {@code [height, width, components]}. */
    record Expected(int width, int height, int components, int[] values) {}

    private DicomSamples() {}

    private static Map<String, byte[]> read() {
        Map<String, byte[]> all = new LinkedHashMap<>();
        try (InputStream in = new GZIPInputStream(DicomSamples.class.getResourceAsStream("samples.gz"))) {
            byte[] stream = in.readAllBytes();
            for (int at = 0; at < stream.length; ) {
                int end = at;
                while (stream[end] != '\n') {
                    end++;
                }
                String[] entry = new String(stream, at, end - at, StandardCharsets.US_ASCII).split(" ");
                at = end + 1 + Integer.parseInt(entry[1]);
                all.put(entry[0], Arrays.copyOfRange(stream, end + 1, at));
            }
            return all;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static Iterable<String> inputs() {
        return ALL.keySet().stream()
                .filter(name -> name.endsWith(".dcm") || name.endsWith(".j2k"))
                .toList();
    }

    static boolean has(String name) {
        return ALL.containsKey(name);
    }

    static byte[] bytes(String name) {
        return ALL.get(name).clone();
    }

    static Expected expected(String name) {
        byte[] bytes = ALL.get(name);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (ALL.containsKey(text)) {
            return expected(text);
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int width = in.getInt();
        int height = in.getInt();
        int components = in.getInt();
        boolean wide = in.getInt() == 32;
        int[] values = new int[width * height * components];
        for (int i = 0; i < values.length; i++) {
            values[i] = wide ? in.getInt() : in.getShort();
        }
        return new Expected(width, height, components, values);
    }
}
