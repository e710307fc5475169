package io.vit4j.dicom.codec.jpeg2000;

import io.vit4j.image.DamagedImage;
import java.util.ArrayList;
import java.util.List;

/** A precinct: the code-blocks of one place in the sub-bands of one resolution, which share their packets. */
final class Precinct {
    /** The blocks that a sub-band has in it, by row. */
    static final class Blocks {
        final SubBand band;
        final int across;
        final CodeBlock[] blocks;
        final TagTree inclusion;
        final TagTree zeroPlanes;

        /** The blocks of an area that begins and ends on the sub-band's own grid. */
        Blocks(SubBand band, int x0, int y0, int x1, int y1, int widthExponent, int heightExponent) {
            this.band = band;
            int firstColumn = x0 >> widthExponent;
            int firstRow = y0 >> heightExponent;
            boolean empty = x0 >= x1 || y0 >= y1;
            across = empty ? 0 : (x1 - 1 >> widthExponent) - firstColumn + 1;
            int down = empty ? 0 : (y1 - 1 >> heightExponent) - firstRow + 1;
            blocks = new CodeBlock[across * down];
            for (int i = 0; i < blocks.length; i++) {
                int left = Math.max(x0, firstColumn + i % across << widthExponent);
                int top = Math.max(y0, firstRow + i / across << heightExponent);
                int right = Math.min(x1, firstColumn + i % across + 1 << widthExponent);
                int bottom = Math.min(y1, firstRow + i / across + 1 << heightExponent);
                blocks[i] = new CodeBlock(left - band.x0(), top - band.y0(), right - left, bottom - top);
            }
            inclusion = new TagTree(across, down);
            zeroPlanes = new TagTree(across, down);
        }
    }

    final int component;
    final int resolution;
    final int number; // in its resolution, by row
    final long x; // on the reference grid, as progressions by position go
    final long y;
    final List<Blocks> bands = new ArrayList<>(3);
    int layers; // that were read

    Precinct(int component, int resolution, int number, long x, long y) {
        this.component = component;
        this.resolution = resolution;
        this.number = number;
        this.x = x;
        this.y = y;
    }

    /** Reads the packet's header, then its body; returns where that ends. */
    int readPacket(byte[] body, int from, int style, boolean startMarkers, boolean endMarkers) {
        int at = from;
        if (startMarkers && at + 6 <= body.length && body[at] == -1 && (body[at + 1] & 0xFF) == 0x91) {
            at += 6;
        }
        PacketBits bits = new PacketBits(body, at);
        boolean any = bits.bit() == 1;
        for (Blocks part : bands) {
            for (int i = 0; i < part.blocks.length; i++) {
                part.blocks[i].beginPacket();
                if (any) {
                    readHeader(bits, part, i, style);
                }
            }
        }
        at = bits.end();
        if (endMarkers && at + 2 <= body.length && body[at] == -1 && (body[at + 1] & 0xFF) == 0x92) {
            at += 2;
        }
        if (any) {
            for (Blocks part : bands) {
                for (CodeBlock block : part.blocks) {
                    at = block.takeBody(body, at);
                }
            }
        }
        layers++;
        return at;
    }

    private void readHeader(PacketBits bits, Blocks part, int index, int style) {
        CodeBlock block = part.blocks[index];
        int x = index % part.across;
        int y = index / part.across;
        if (block.included()) {
            if (bits.bit() == 0) {
                return;
            }
        } else {
            if (!part.inclusion.below(bits, x, y, layers + 1)) {
                return;
            }
            int planes = 0;
            while (!part.zeroPlanes.below(bits, x, y, planes + 1)) {
                planes++;
            }
            block.include(planes);
        }
        int passes = bits.passes();
        while (bits.bit() == 1) {
            block.growLengthBits(1);
        }
        while (passes > 0) {
            CodeBlock.Segment segment = block.segment(style);
            int taken = segment.offer(passes);
            int length = block.lengthBits() + 31 - Integer.numberOfLeadingZeros(taken);
            if (length > 30) {
                throw new DamagedImage("its JPEG 2000 data have a code-block of an impossible length");
            }
            segment.announce(bits.read(length));
            passes -= taken;
        }
    }
}
