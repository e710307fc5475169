package io.vit4j.dicom.codec.jpeg2000;

import io.vit4j.dicom.codec.Samples;
import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;

/**
 * JPEG 2000, part 1 (ITU-T T.800), reversible and irreversible: a bare codestream, or one in a JP2 file. Every progression,
 * tile and code-block style is read; packed packet headers, which medical pictures do not have, are refused.
 */
public final class Jpeg2000Decoder {
    private static final int START = 0xFF4F;
    private static final int END = 0xFFD9;
    private static final int START_OF_TILE_PART = 0xFF90;
    private static final int START_OF_DATA = 0xFF93;

    private final byte[] coded;
    private int at;
    private Size size;
    private Parameters parameters;
    private Tile[] tiles = {};

    private Jpeg2000Decoder(byte[] coded) {
        this.coded = coded;
    }

    /**
     * Decodes a stream.
     *
     * @throws DamagedImage if it is damaged, too large or not supported
     */
    public static Samples decode(byte[] coded, DecodeOptions options) {
        try {
            return new Jpeg2000Decoder(coded).decode(options);
        } catch (IndexOutOfBoundsException | NegativeArraySizeException | ArithmeticException e) {
            throw new DamagedImage("its JPEG 2000 data are damaged", e);
        }
    }

    private Samples decode(DecodeOptions options) {
        at = codestream();
        if (uint16(at) != START) {
            throw new DamagedImage("its JPEG 2000 data do not begin as a codestream does");
        }
        at += 2;
        while (uint16(at) != START_OF_TILE_PART) {
            int marker = uint16(at);
            MarkerSegment segment = segment();
            if (marker == 0xFF51) {
                if (size != null) {
                    throw new DamagedImage("its JPEG 2000 data hold two pictures");
                }
                size = Size.read(segment, options);
                parameters = new Parameters(size.components().length);
                tiles = new Tile[size.tiles()];
            } else if (size == null) {
                throw new DamagedImage("its JPEG 2000 data do not begin with their size");
            } else {
                parameters.take(marker & 0xFF, segment);
            }
        }
        if (size == null) {
            throw new DamagedImage("its JPEG 2000 data lack their size");
        }
        while (at + 2 <= coded.length && uint16(at) == START_OF_TILE_PART) {
            tilePart();
        }
        Size.Component[] components = size.components();
        int[] values = new int[Math.multiplyExact(size.width() * size.height(), components.length)];
        BlockDecoder decoder = new BlockDecoder();
        for (int i = 0; i < tiles.length; i++) {
            if (tiles[i] == null) {
                throw new DamagedImage("its JPEG 2000 data end before the picture does");
            }
            tiles[i].decode(values, decoder);
            tiles[i] = null;
        }
        Samples.Colour colour = parameters.colourTransform ? Samples.Colour.RGB : Samples.Colour.UNSAID;
        return new Samples(size.width(), size.height(), components.length, components[0].precision(), colour, values);
    }

    /** Where the codestream begins: at once, or in a box of a JP2 file. */
    private int codestream() {
        if (coded.length < 12 || coded[4] != 'j' || coded[5] != 'P') {
            return 0;
        }
        int box = 0;
        while (box + 8 <= coded.length) {
            if (coded[box + 4] == 'j' && coded[box + 5] == 'p' && coded[box + 6] == '2' && coded[box + 7] == 'c') {
                return box + (uint32(box) == 1 ? 16 : 8);
            }
            long length = uint32(box);
            if (length < 8 || box + length > coded.length) {
                break;
            }
            box += (int) length;
        }
        throw new DamagedImage("its JPEG 2000 data have no codestream");
    }

    private MarkerSegment segment() {
        int marker = uint16(at);
        int length = uint16(at + 2);
        if (marker < 0xFF00 || length < 2 || at + 2 + length > coded.length) {
            throw new DamagedImage("its JPEG 2000 data have a damaged header");
        }
        MarkerSegment segment = new MarkerSegment(coded, at + 4, at + 2 + length);
        at += 2 + length;
        return segment;
    }

    private void tilePart() {
        int begin = at;
        int index = uint16(at + 4);
        long length = uint32(at + 6);
        if (index >= tiles.length) {
            throw new DamagedImage("its JPEG 2000 data have a tile outside of the picture");
        }
        segment();
        if (tiles[index] == null) {
            tiles[index] = new Tile(size, index, parameters.copy());
        }
        while (uint16(at) != START_OF_DATA) {
            int marker = uint16(at);
            tiles[index].parameters.take(marker & 0xFF, segment());
        }
        at += 2;
        long end = length == 0 ? endOfData() : begin + length;
        if (end < at || end > coded.length) {
            throw new DamagedImage("its JPEG 2000 data end within a tile");
        }
        tiles[index].append(coded, at, (int) end);
        at = (int) end;
    }

    /** The last tile-part may go on to the end. */
    private int endOfData() {
        for (int end = coded.length; end >= at + 2 && end > coded.length - 4; end--) {
            if (uint16(end - 2) == END) {
                return end - 2;
            }
        }
        return coded.length;
    }

    private int uint16(int where) {
        return (coded[where] & 0xFF) << 8 | coded[where + 1] & 0xFF;
    }

    private long uint32(int where) {
        return (long) uint16(where) << 16 | uint16(where + 2);
    }
}
