package io.vit4j.webp;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Orientation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The chunks of a WebP file (WebP Container Specification), checked: the first picture in it and where on its canvas it lies.
 *
 * @param left of the picture on the canvas
 * @param top of the picture on the canvas
 * @param alone the first picture as a file of its own, without transparency, animation and metadata
 */
record WebpFile(int canvasWidth, int canvasHeight, int left, int top, int width, int height, byte[] alone) {
    private static final int HEADER = 12; // RIFF, size, WEBP
    private static final int CHUNK_HEADER = 8;
    private static final int FRAME_HEADER = 16;

    /** A chunk's content. */
    private record Chunk(String name, int at, int size) {}

    static WebpFile read(byte[] bytes, DecodeOptions options) {
        try {
            return read(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), options);
        } catch (IndexOutOfBoundsException e) {
            throw new DamagedImage("it ends after " + bytes.length + " bytes, within the picture", e);
        }
    }

    private static WebpFile read(ByteBuffer file, DecodeOptions options) {
        int end = end(file);
        int canvasWidth = 0;
        int canvasHeight = 0;
        for (int at = HEADER; at < end; ) {
            Chunk chunk = chunk(file, at, end);
            switch (chunk.name()) {
                case "VP8X" -> {
                    canvasWidth = 1 + uint24(file, chunk.at() + 4);
                    canvasHeight = 1 + uint24(file, chunk.at() + 7);
                    options.refuseSize(canvasWidth, canvasHeight);
                }
                case "ANMF" -> {
                    return frame(file, chunk, canvasWidth, canvasHeight, options);
                }
                case "VP8 ", "VP8L" -> {
                    WebpFile still = picture(file, chunk, options);
                    if (canvasWidth > 0 && (canvasWidth != still.width() || canvasHeight != still.height())) {
                        throw new DamagedImage("its picture does not cover its canvas");
                    }
                    return still;
                }
                default -> {
                    // transparency, colour profile, animation's settings, EXIF
                }
            }
            at = chunk.at() + chunk.size() + (chunk.size() & 1);
        }
        throw new DamagedImage("it has no picture in it");
    }

    private static WebpFile frame(ByteBuffer file, Chunk frame, int width, int height, DecodeOptions options) {
        int left = 2 * uint24(file, frame.at());
        int top = 2 * uint24(file, frame.at() + 3);
        int end = frame.at() + frame.size();
        for (int at = frame.at() + FRAME_HEADER; at < end; ) {
            Chunk chunk = chunk(file, at, end);
            if (chunk.name().equals("VP8 ") || chunk.name().equals("VP8L")) {
                WebpFile picture = picture(file, chunk, options);
                if (left + picture.width() > width || top + picture.height() > height) {
                    throw new DamagedImage("its first picture extends beyond its canvas");
                }
                return new WebpFile(width, height, left, top, picture.width(), picture.height(), picture.alone());
            }
            at = chunk.at() + chunk.size() + (chunk.size() & 1);
        }
        throw new DamagedImage("it has no picture in it");
    }

    private static WebpFile picture(ByteBuffer file, Chunk chunk, DecodeOptions options) {
        int at = chunk.at();
        int width;
        int height;
        if (chunk.name().equals("VP8 ")) {
            if (chunk.size() < 10 || uint24(file, at + 3) != 0x2A019D) {
                throw new DamagedImage("its lossy picture has no key frame");
            }
            width = file.getShort(at + 6) & 0x3FFF;
            height = file.getShort(at + 8) & 0x3FFF;
        } else {
            if (chunk.size() < 5 || file.get(at) != 0x2F) {
                throw new DamagedImage("its lossless picture has no signature");
            }
            int sizes = file.getInt(at + 1);
            width = 1 + (sizes & 0x3FFF);
            height = 1 + (sizes >> 14 & 0x3FFF);
        }
        options.refuseSize(width, height);
        int padded = chunk.size() + (chunk.size() & 1);
        ByteBuffer alone = ByteBuffer.allocate(HEADER + CHUNK_HEADER + padded).order(ByteOrder.LITTLE_ENDIAN);
        alone.put(ascii("RIFF")).putInt(4 + CHUNK_HEADER + padded).put(ascii("WEBP"));
        alone.put(ascii(chunk.name())).putInt(chunk.size()).put(file.array(), at, chunk.size());
        return new WebpFile(width, height, 0, 0, width, height, alone.array());
    }

    /** What EXIF or XMP says, of which the first chunk counts each. */
    static Orientation orientation(byte[] bytes) {
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        byte[] exif = {};
        byte[] xmp = {};
        try {
            int end = end(file);
            for (int at = HEADER; at < end; ) {
                Chunk chunk = chunk(file, at, end);
                byte[] content = Arrays.copyOfRange(bytes, chunk.at(), chunk.at() + chunk.size());
                if (chunk.name().equals("EXIF") && exif.length == 0) {
                    exif = content;
                } else if (chunk.name().equals("XMP ") && xmp.length == 0) {
                    xmp = content;
                }
                at = chunk.at() + chunk.size() + (chunk.size() & 1);
            }
        } catch (DamagedImage | IndexOutOfBoundsException e) {
            // what was found before counts
        }
        return Orientation.of(exif, xmp);
    }

    /** Where the file ends, by its own account; what lies behind is not its. */
    private static int end(ByteBuffer file) {
        long end = CHUNK_HEADER + Integer.toUnsignedLong(file.getInt(4));
        if (end > file.capacity()) {
            throw new DamagedImage("it ends after " + file.capacity() + " bytes, within the picture");
        }
        return (int) end;
    }

    private static Chunk chunk(ByteBuffer file, int at, int end) {
        long size = Integer.toUnsignedLong(file.getInt(at + 4));
        if (at + CHUNK_HEADER + size > end) {
            throw new DamagedImage("it ends after " + file.capacity() + " bytes, within the picture");
        }
        String name = new String(file.array(), at, 4, StandardCharsets.ISO_8859_1);
        return new Chunk(name, at + CHUNK_HEADER, (int) size);
    }

    private static int uint24(ByteBuffer file, int at) {
        return Short.toUnsignedInt(file.getShort(at)) | (file.get(at + 2) & 0xFF) << 16;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
