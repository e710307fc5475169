package io.vit4j.fuzz;

import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;

/**
 * The decoder of one image format. Pictures of more than a mebipixel are refused, so that one that would take more memory
 * is seen.
 */
final class ImageTarget implements Target {
    private static final DecodeOptions OPTIONS = DecodeOptions.DEFAULT.withMaxPixels(1 << 20);

    private final String format;

    ImageTarget(String format) {
        this.format = format;
    }

    @Override
    public String name() {
        return format;
    }

    @Override
    public List<byte[]> seeds() {
        return ImageSeeds.of(format);
    }

    @Override
    public List<byte[]> dictionary() {
        List<String> words = switch (format) {
            case "png" -> List.of("IHDR", "PLTE", "IDAT", "IEND", "tRNS", "tEXt", "\0\0\0\0IDAT", "\u0078\u0001");
            case "jpeg" ->
                List.of(
                        "\u00FF\u00D8",
                        "\u00FF\u00D9",
                        "\u00FF\u00DA",
                        "\u00FF\u00DB",
                        "\u00FF\u00C0",
                        "\u00FF\u00C1",
                        "\u00FF\u00C2",
                        "\u00FF\u00C4",
                        "\u00FF\u00DD\0\4\0\1",
                        "\u00FF\u00D0",
                        "\u00FF\0",
                        "JFIF\0",
                        "\u00FF\u00EE\0\16Adobe\0\144\0\0\0\0\2",
                        "\u00FF\u00DC\0\4\0\1");
            case "gif" ->
                List.of("GIF87a", "GIF89a", "!\u00F9\4\1\0\0\0\0", ",\0\0\0\0\1\0\1\0\0", ";", "!\u00FF", "\2\2L\1\0");
            case "bmp" -> List.of("BM", "\50\0\0\0", "\14\0\0\0", "\174\0\0\0", "\0\0", "\0\1", "\0\2\1\1", "\3\0\0\0");
            case "pnm" -> List.of("P1 ", "P4\n", "P5 ", "P6\n", "255\n", "65535 ", "#", "0", " 1 ");
            default ->
                List.of(
                        "II+\0\10\0\0\0",
                        "\20\0",
                        "II*\0",
                        "MM\0*",
                        "\1\1\3\0\1\0\0\0",
                        "\3\1\3\0\1\0\0\0",
                        "\0\1\4\0",
                        "\21\1",
                        "\102\1");
        };
        return words.stream()
                .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    /** PNG's checksums are made right, mostly: else nothing behind them would be tried. */
    @Override
    public byte[] repaired(byte[] input, Random random) {
        if (!format.equals("png") || random.nextInt(16) == 0) {
            return input;
        }
        ByteBuffer file = ByteBuffer.wrap(input.clone());
        CRC32 crc = new CRC32();
        for (int at = 8; file.capacity() - at >= 12; ) {
            int length = file.getInt(at);
            if (length < 0 || length > file.capacity() - at - 12) {
                length = file.capacity() - at - 12;
                file.putInt(at, length);
            }
            crc.reset();
            crc.update(file.array(), at + 4, length + 4);
            file.putInt(at + 8 + length, (int) crc.getValue());
            at += length + 12;
        }
        return file.array();
    }

    @Override
    public void read(byte[] input) {
        ImageDecoder.decode(input, "picture", OPTIONS);
    }
}
