package io.vit4j.dicom.codec;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import java.util.Arrays;

/**
 * The JPEGs (ITU-T T.81) of medical pictures: lossless of 2 to 16 bits, and extended sequential of 12, which no Java library
 * reads, decoded here; baseline and extended of 8 bits by the JDK's libjpeg.
 */
public final class JpegDecoder {
    private static final int MOST_COMPONENTS = 4;

    private final byte[] coded;
    private int at = 2;
    private JpegFrame frame;
    private int restartInterval;
    private Samples.Colour colour = Samples.Colour.UNSAID; // of discrete cosines; lossless JPEG keeps what it was given
    private final int[][] quantisation = new int[4][];
    private final HuffmanCodes[] dc = new HuffmanCodes[4];
    private final HuffmanCodes[] ac = new HuffmanCodes[4];

    private JpegDecoder(byte[] coded) {
        this.coded = coded;
    }

    /**
     * Decodes a stream into the values that it holds, without any conversion of colours.
     *
     * @throws DamagedImage if it is damaged, too large or not supported
     */
    public static Samples decode(byte[] coded, DecodeOptions options) {
        try {
            return new JpegDecoder(coded).decode(options);
        } catch (IndexOutOfBoundsException e) {
            throw new DamagedImage("its JPEG data end before the picture does", e);
        }
    }

    private Samples decode(DecodeOptions options) {
        if (coded[0] != -1 || (coded[1] & 0xFF) != 0xD8) {
            throw new DamagedImage("its JPEG data do not begin as JPEG does");
        }
        while (true) {
            int marker = marker();
            int next = at + Math.max(2, uint16(at));
            switch (marker) {
                case 0xC4 -> huffmanTables(next);
                case 0xDB -> quantisationTables(next);
                case 0xDD -> restartInterval = uint16(at + 2);
                case 0xC0, 0xC1, 0xC3 -> {
                    if (frame != null) {
                        throw new DamagedImage("its JPEG data hold two pictures");
                    }
                    frame = frame(marker, options);
                    if (colour == Samples.Colour.UNSAID && frame.isSubsampled()) {
                        colour = Samples.Colour.YCBCR;
                    }
                    if (marker <= 0xC1 && frame.precision() == 8) {
                        return BaselineJpeg.decode(coded, frame, colour);
                    }
                    if (marker <= 0xC1 && frame.precision() != 12) {
                        throw new DamagedImage("its JPEG data have " + frame.precision() + " bits, not 8 or 12");
                    }
                }
                case 0xC2, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF ->
                    throw new DamagedImage(
                            "its JPEG data are progressive, hierarchical or arithmetically coded, which is not supported");
                case 0xDA -> {
                    if (scan(next)) {
                        return frame.samples(colour);
                    }
                    continue;
                }
                case 0xD9 -> throw new DamagedImage("its JPEG data end before the picture does");
                case 0xE0 -> {
                    if (colour == Samples.Colour.UNSAID && begins("JFIF")) {
                        colour = Samples.Colour.YCBCR;
                    }
                }
                case 0xEE -> {
                    if (begins("Adobe")) {
                        colour = coded[at + 13] == 0 ? Samples.Colour.RGB : Samples.Colour.YCBCR;
                    }
                }
                default -> {
                    // comments and applications' own
                }
            }
            at = next;
        }
    }

    /** Whether the segment of an application begins with its name. */
    private boolean begins(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (coded[at + 2 + i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Passes the next marker. */
    private int marker() {
        while (coded[at] != -1 || coded[at + 1] == 0 || coded[at + 1] == -1 || (coded[at + 1] & 0xF8) == 0xD0) {
            at++;
        }
        at += 2;
        return coded[at - 1] & 0xFF;
    }

    private JpegFrame frame(int marker, DecodeOptions options) {
        int precision = coded[at + 2] & 0xFF;
        int height = uint16(at + 3);
        int width = uint16(at + 5);
        int count = coded[at + 7] & 0xFF;
        options.refuseSize(width, height);
        if (precision < 2 || precision > 16 || count < 1 || count > MOST_COMPONENTS) {
            throw new DamagedImage("its JPEG data have " + count + " components of " + precision + " bits");
        }
        JpegFrame.Component[] components = new JpegFrame.Component[count];
        for (int k = 0; k < count; k++) {
            int from = at + 8 + 3 * k;
            int horizontal = coded[from + 1] >> 4 & 0xF;
            int vertical = coded[from + 1] & 0xF;
            if (horizontal < 1 || horizontal > 4 || vertical < 1 || vertical > 4) {
                throw new DamagedImage("its JPEG data have sampling factors out of range");
            }
            components[k] = new JpegFrame.Component(coded[from] & 0xFF, horizontal, vertical, coded[from + 2] & 3);
        }
        boolean lossless = marker == 0xC3;
        if (lossless && Arrays.stream(components).anyMatch(c -> c.horizontal() != 1 || c.vertical() != 1)) {
            throw new DamagedImage("its lossless JPEG data are subsampled, which is not supported");
        }
        return new JpegFrame(width, height, precision, components, lossless);
    }

    private void huffmanTables(int end) {
        for (int from = at + 2; from < end; ) {
            int kind = coded[from] >> 4;
            int number = coded[from] & 0xF;
            if (kind < 0 || kind > 1 || number > 3) {
                throw new DamagedImage("its JPEG data have a damaged Huffman table");
            }
            (kind == 0 ? dc : ac)[number] = new HuffmanCodes(coded, from + 1, Math.min(end, coded.length));
            from += 1 + HuffmanCodes.size(coded, from + 1);
        }
    }

    private void quantisationTables(int end) {
        for (int from = at + 2; from < end; ) {
            int wide = coded[from] >> 4 & 0xF;
            int number = coded[from] & 0xF;
            if (number > 3 || wide > 1) {
                throw new DamagedImage("its JPEG data have a damaged quantisation table");
            }
            from++;
            int[] table = new int[64];
            for (int i = 0; i < 64; i++, from += 1 + wide) {
                table[i] = wide == 1 ? uint16(from) : coded[from] & 0xFF;
            }
            quantisation[number] = table;
        }
    }

    /** Reads a scan; true if it was the last. */
    private boolean scan(int begin) {
        if (frame == null) {
            throw new DamagedImage("its JPEG data have a scan before the frame");
        }
        int count = coded[at + 2] & 0xFF;
        if (count < 1 || count > frame.components().length) {
            throw new DamagedImage("its JPEG data have a scan of " + count + " components");
        }
        int[] places = new int[count];
        HuffmanCodes[] dcOf = new HuffmanCodes[count];
        HuffmanCodes[] acOf = new HuffmanCodes[count];
        for (int k = 0; k < count; k++) {
            places[k] = frame.place(coded[at + 3 + 2 * k] & 0xFF);
            dcOf[k] = dc[coded[at + 4 + 2 * k] >> 4 & 3];
            acOf[k] = ac[coded[at + 4 + 2 * k] & 3];
            if (dcOf[k] == null || acOf[k] == null && !frame.lossless()) {
                throw new DamagedImage("its JPEG data lack a Huffman table");
            }
        }
        int predictor = coded[at + 3 + 2 * count] & 0xFF;
        int pointTransform = coded[at + 5 + 2 * count] & 0xF;
        JpegBits bits = new JpegBits(coded, begin);
        if (frame.lossless()) {
            LosslessJpeg.scan(bits, frame, places, dcOf, predictor, pointTransform, restartInterval);
        } else {
            new ExtendedJpeg(bits, frame, quantisation, restartInterval).scan(places, dcOf, acOf);
        }
        at = bits.position();
        return frame.decoded(places);
    }

    private int uint16(int where) {
        return (coded[where] & 0xFF) << 8 | coded[where + 1] & 0xFF;
    }
}
