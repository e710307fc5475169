package io.vit4j.dicom.codec.jpeg2000;

import io.vit4j.image.DamagedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A code-block: where it lies in its sub-band, and what the packets have brought of it so far. */
final class CodeBlock {
    /** Bytes that are decoded in one go. */
    static final class Segment {
        private final int mostPasses;
        private int passes;
        private int length;
        private int newPasses; // of the packet that is being read
        private int newLength;

        Segment(int mostPasses) {
            this.mostPasses = mostPasses;
        }

        int passes() {
            return passes;
        }

        int length() {
            return length;
        }

        int newLength() {
            return newLength;
        }

        /** How many of these passes it takes from the packet. */
        int offer(int offered) {
            newPasses = Math.min(offered, mostPasses - passes);
            return newPasses;
        }

        void announce(int bytes) {
            newLength = bytes;
        }
    }

    private static final int ALL = 200;

    private final int left;
    private final int top;
    private final int width;
    private final int height;
    private List<Segment> segments = List.of();
    private byte[] data = {};
    private int size;
    private int firstNew; // of the segments, in the packet that is being read

    private boolean included;
    private int zeroPlanes;
    private int lengthBits = 3;

    CodeBlock(int left, int top, int width, int height) {
        this.left = left;
        this.top = top;
        this.width = width;
        this.height = height;
    }

    /** From the left of its sub-band. */
    int left() {
        return left;
    }

    int top() {
        return top;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    boolean included() {
        return included;
    }

    void include(int emptyPlanes) {
        included = true;
        zeroPlanes = emptyPlanes;
        segments = new ArrayList<>(1);
    }

    int zeroPlanes() {
        return zeroPlanes;
    }

    int lengthBits() {
        return lengthBits;
    }

    void growLengthBits(int by) {
        lengthBits += by;
    }

    List<Segment> segments() {
        return segments;
    }

    byte[] data() {
        return data;
    }

    void beginPacket() {
        firstNew = Math.max(0, segments.size() - 1);
        if (firstNew < segments.size()) {
            segments.get(firstNew).newPasses = 0;
            segments.get(firstNew).newLength = 0;
        }
    }

    /** The segment that takes the next passes: the last one, unless it is full. */
    Segment segment(int style) {
        if (!segments.isEmpty()) {
            Segment last = segments.get(segments.size() - 1);
            if (last.passes + last.newPasses < last.mostPasses) {
                return last;
            }
        }
        Segment next = new Segment(mostPasses(style));
        segments.add(next);
        return next;
    }

    private int mostPasses(int style) {
        if ((style & BlockDecoder.TERMINATE_ALL) != 0) {
            return 1;
        }
        if ((style & BlockDecoder.BYPASS) == 0) {
            return ALL;
        }
        if (segments.isEmpty()) {
            return 10;
        }
        int before = segments.get(segments.size() - 1).mostPasses;
        return before == 1 || before == 10 ? 2 : 1;
    }

    /** Takes what the packet's header has announced out of its body; returns where that ends. */
    int takeBody(byte[] body, int from) {
        int at = from;
        for (Segment segment : segments.subList(firstNew, segments.size())) {
            if (segment.newLength > body.length - at) {
                throw new DamagedImage("its JPEG 2000 data hold a packet that is longer than they are");
            }
            if (size + segment.newLength > data.length) {
                data = Arrays.copyOf(data, Math.max(size + segment.newLength, size + size / 2));
            }
            System.arraycopy(body, at, data, size, segment.newLength);
            size += segment.newLength;
            at += segment.newLength;
            segment.length += segment.newLength;
            segment.passes += segment.newPasses;
            segment.newPasses = 0;
            segment.newLength = 0;
        }
        return at;
    }
}
