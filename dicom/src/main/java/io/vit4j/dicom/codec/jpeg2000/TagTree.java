package io.vit4j.dicom.codec.jpeg2000;

/** A tag tree (ITU-T T.800, B.10.2): numbers of code-blocks, told bit by bit with those of their neighbourhoods. */
final class TagTree {
    private final int[] widths;
    private final int[] starts; // of each level, leaves first
    private final int[] lower; // what a node's number is at least
    private final boolean[] known;

    TagTree(int width, int height) {
        int levels = 1;
        for (int w = width, h = height; w > 1 || h > 1; w = (w + 1) / 2, h = (h + 1) / 2) {
            levels++;
        }
        widths = new int[levels];
        starts = new int[levels];
        int nodes = 0;
        int w = width;
        int h = height;
        for (int level = 0; level < levels; level++) {
            widths[level] = w;
            starts[level] = nodes;
            nodes += w * h;
            w = (w + 1) / 2;
            h = (h + 1) / 2;
        }
        lower = new int[nodes];
        known = new boolean[nodes];
    }

    /** Reads on until it is known whether a leaf's number is below the limit. */
    boolean below(PacketBits bits, int x, int y, int limit) {
        int least = 0;
        for (int level = widths.length - 1; level >= 0; level--) {
            int node = starts[level] + (y >> level) * widths[level] + (x >> level);
            int value = Math.max(lower[node], least);
            while (value < limit && !known[node]) {
                if (bits.bit() == 1) {
                    known[node] = true;
                } else {
                    value++;
                }
            }
            lower[node] = value;
            least = value;
        }
        return least < limit;
    }
}
