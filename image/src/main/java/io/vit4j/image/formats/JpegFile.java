package io.vit4j.image.formats;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import java.io.ByteArrayOutputStream;

/**
 * A JPEG file's segments (ITU T.81, annex B), checked: what it says of itself, and the same picture without anything that
 * is not needed to decode it.
 *
 * @param colour what its components mean, as libjpeg decides it
 * @param bare the file with only its frame, tables and scans, marked to be decoded without colour conversion
 */
record JpegFile(int width, int height, int components, Colour colour, byte[] bare) {
    enum Colour {
        GREY,
        RGB,
        YCBCR,
        CMYK,
        YCCK
    }

    /** Progressive files have about ten; many more cost time out of proportion to the file's size. */
    private static final int MOST_SCANS = 100;

    private static final int SOI = 0xD8;
    private static final int EOI = 0xD9;
    private static final int SOS = 0xDA;
    private static final int DQT = 0xDB;
    private static final int DNL = 0xDC;
    private static final int DRI = 0xDD;
    private static final int DHT = 0xC4;
    private static final int APP0 = 0xE0;
    private static final int APP14 = 0xEE;

    /** Adobe's marker with transform 0: the components are what they are. */
    private static final byte[] NO_TRANSFORM = {
        (byte) 0xFF, (byte) APP14, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0
    };

    static JpegFile read(byte[] file, DecodeOptions options) {
        return new Reader(file, options).read();
    }

    private static final class Reader {
        private final byte[] file;
        private final DecodeOptions options;
        private final ByteArrayOutputStream bare;
        private int at = 2; // after SOI
        private int frame = -1; // where the frame's segment begins
        private int scans;
        private long scanBytes;
        private boolean jfif;
        private int adobeTransform = -1;

        Reader(byte[] file, DecodeOptions options) {
            this.file = file;
            this.options = options;
            this.bare = new ByteArrayOutputStream(file.length + NO_TRANSFORM.length);
        }

        JpegFile read() {
            bare.write(0xFF);
            bare.write(SOI);
            bare.writeBytes(NO_TRANSFORM);
            for (int marker = nextMarker(); marker != EOI; marker = nextMarker()) {
                segment(marker);
            }
            if (frame < 0 || scans == 0) {
                throw new DamagedImage("it has no picture in it");
            }
            bare.write(0xFF);
            bare.write(EOI);
            int components = file[frame + 9];
            refuseTooFewBytes();
            return new JpegFile(
                    BigEndian.uint16(file, frame + 7),
                    BigEndian.uint16(file, frame + 5),
                    components,
                    colour(components),
                    bare.toByteArray());
        }

        /** Steps behind the next marker; what lies between two segments is skipped, as libjpeg does. */
        private int nextMarker() {
            while (at < file.length - 1) {
                if (file[at++] == -1 && file[at] != 0 && file[at] != -1) {
                    return file[at++] & 0xFF;
                }
            }
            throw new DamagedImage("it ends after " + file.length + " bytes, within the picture");
        }

        private void segment(int marker) {
            if (marker == 0x01 || marker >= 0xD0 && marker <= SOI) {
                return; // a marker alone
            }
            if (at + 2 > file.length
                    || BigEndian.uint16(file, at) < 2
                    || BigEndian.uint16(file, at) > file.length - at) {
                throw new DamagedImage("it ends after " + file.length + " bytes, within the picture");
            }
            int begin = at - 2;
            int length = BigEndian.uint16(file, at);
            at += length;
            switch (marker) {
                case APP0 -> jfif |= length >= 16 && startsWith(begin + 4, "JFIF\0");
                case APP14 -> {
                    if (length >= 14 && startsWith(begin + 4, "Adobe")) {
                        adobeTransform = file[begin + 15] & 0xFF;
                    }
                }
                case DQT, DHT, DRI -> bare.write(file, begin, length + 2);
                case 0xC0, 0xC1, 0xC2 -> openFrame(begin, length);
                case SOS -> scan(begin);
                case 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF ->
                    throw new DamagedImage(
                            "it is a lossless, hierarchical or arithmetic JPEG; save it as an ordinary one");
                case DNL -> throw new DamagedImage("it gives its height only at the end; save it again");
                default -> {
                    // EXIF, colour profiles, thumbnails, comments: Pillow's pixels do not depend on them
                }
            }
        }

        private void openFrame(int begin, int length) {
            if (frame >= 0 || length < 8) {
                throw new DamagedImage("its frame is not that of an ordinary JPEG");
            }
            frame = begin;
            int components = file[begin + 9];
            if (file[begin + 4] != 8) {
                throw new DamagedImage("its levels have " + file[begin + 4] + " bits; save it with 8");
            }
            if (components != 1 && components != 3 && components != 4 || length != 8 + 3 * components) {
                throw new DamagedImage("it has " + components + " colour components; 1, 3 or 4 can be read");
            }
            for (int c = 0; c < components; c++) {
                if (horizontal(c) < 1 || horizontal(c) > 4 || vertical(c) < 1 || vertical(c) > 4) {
                    throw new DamagedImage("its colours are sampled in a way that JPEG does not allow");
                }
            }
            options.refuseSize(BigEndian.uint16(file, begin + 7), BigEndian.uint16(file, begin + 5));
            bare.write(file, begin, length + 2);
        }

        private int horizontal(int component) {
            return file[frame + 11 + 3 * component] >> 4;
        }

        private int vertical(int component) {
            return file[frame + 11 + 3 * component] & 15;
        }

        /** A scan's header and the compressed data behind it, up to the next marker that is not a restart. */
        private void scan(int begin) {
            if (frame < 0 || ++scans > MOST_SCANS) {
                throw new DamagedImage("its scans are not those of an ordinary JPEG");
            }
            int data = at;
            while (at < file.length - 1 && !(file[at] == -1 && isMarker(file[at + 1]))) {
                at++;
            }
            scanBytes += at - data;
            bare.write(file, begin, at - begin);
        }

        private static boolean isMarker(byte second) {
            int code = second & 0xFF;
            return code != 0 && code != 0xFF && !(code >= 0xD0 && code <= 0xD7);
        }

        /** Each block of 8x8 values takes at least one bit; less cannot hold the size that the frame says. */
        private void refuseTooFewBytes() {
            int components = file[frame + 9];
            int most = 1;
            int mostDown = 1;
            for (int c = 0; c < components; c++) {
                most = Math.max(most, horizontal(c));
                mostDown = Math.max(mostDown, vertical(c));
            }
            long across = (BigEndian.uint16(file, frame + 7) + 8L * most - 1) / (8 * most);
            long down = (BigEndian.uint16(file, frame + 5) + 8L * mostDown - 1) / (8 * mostDown);
            long blocks = 0;
            for (int c = 0; c < components; c++) {
                // where a component is alone in its scan, blocks beyond the picture's edge are not stored
                blocks += Math.max(across * horizontal(c) - 3, 1) * Math.max(down * vertical(c) - 3, 1);
            }
            if (blocks / 8 > scanBytes) {
                throw new DamagedImage("it claims " + BigEndian.uint16(file, frame + 7) + "x"
                        + BigEndian.uint16(file, frame + 5) + ", more than its " + scanBytes
                        + " bytes of pixels can hold");
            }
        }

        private boolean startsWith(int from, String text) {
            for (int i = 0; i < text.length(); i++) {
                if (file[from + i] != text.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        /** As {@code default_decompress_parms} of libjpeg's jdapimin.c. */
        private Colour colour(int components) {
            if (components == 1) {
                return Colour.GREY;
            }
            if (components == 4) {
                return adobeTransform <= 0 ? Colour.CMYK : Colour.YCCK;
            }
            if (jfif) {
                return Colour.YCBCR;
            }
            if (adobeTransform >= 0) {
                return adobeTransform == 0 ? Colour.RGB : Colour.YCBCR;
            }
            boolean named = file[frame + 10] == 'R' && file[frame + 13] == 'G' && file[frame + 16] == 'B';
            return named ? Colour.RGB : Colour.YCBCR;
        }
    }
}
