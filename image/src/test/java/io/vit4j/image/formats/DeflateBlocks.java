package io.vit4j.image.formats;

import io.vit4j.base.RandomKey;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Deflate streams that no compressor would write: Huffman codes of random shape, up to the longest, and every symbol as
 * likely as any other (RFC 1951, 3.2).
 */
final class DeflateBlocks {
    private static final int[] ORDER = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int held;
    private int heldBits;

    /** A window's worth of stored bytes, then blocks of that many symbols each. */
    static byte[] random(RandomKey.Stream random, int blocks, int symbols) {
        DeflateBlocks deflate = new DeflateBlocks();
        deflate.stored(random, 32768);
        for (int i = 1; i <= blocks; i++) {
            deflate.block(random, symbols, i == blocks);
        }
        deflate.bits(0, 7);
        return deflate.out.toByteArray();
    }

    private void bits(int value, int count) {
        for (int i = 0; i < count; i++) {
            held |= (value >> i & 1) << heldBits++;
            if (heldBits == 8) {
                out.write(held);
                held = 0;
                heldBits = 0;
            }
        }
    }

    private void stored(RandomKey.Stream random, int length) {
        bits(0, 8); // not the last, stored, padding
        bits(length, 16);
        bits(~length, 16);
        for (int i = 0; i < length; i++) {
            bits(random.nextInt(256), 8);
        }
    }

    private void block(RandomKey.Stream random, int symbols, boolean last) {
        int[] literals = lengths(random, 286);
        int[] distances = lengths(random, 30);
        bits(last ? 1 : 0, 1);
        bits(2, 2);
        bits(29, 5);
        bits(29, 5);
        bits(15, 4);
        for (int symbol : ORDER) {
            bits(symbol < 16 ? 4 : 0, 3);
        }
        for (int[] lengths : List.of(literals, distances)) {
            for (int length : lengths) {
                for (int bit = 3; bit >= 0; bit--) {
                    bits(length >> bit, 1); // sixteen codes of 4 bits are the numbers themselves
                }
            }
        }
        int[] literalCodes = codes(literals);
        int[] distanceCodes = codes(distances);
        for (int i = 0; i < symbols; i++) {
            int symbol = random.nextInt(285);
            symbol += symbol >= 256 ? 1 : 0;
            code(literalCodes[symbol], literals[symbol]);
            if (symbol > 256) {
                int extra = symbol == 285 || symbol < 265 ? 0 : (symbol - 261) / 4;
                bits(random.nextInt(1 << extra), extra);
                int distance = random.nextInt(30);
                code(distanceCodes[distance], distances[distance]);
                int distanceExtra = distance < 4 ? 0 : (distance - 2) / 2;
                bits(random.nextInt(1 << distanceExtra), distanceExtra);
            }
        }
        code(literalCodes[256], literals[256]);
    }

    /** A complete code of that many symbols: leaves are split, any of them, none deeper than 15. */
    private static int[] lengths(RandomKey.Stream random, int symbols) {
        List<Integer> leaves = new ArrayList<>(List.of(1, 1));
        while (leaves.size() < symbols) {
            int leaf = random.nextInt(3) == 0 ? random.nextInt(leaves.size()) : leaves.size() - 1;
            int depth = leaves.get(leaf);
            if (depth == 15) {
                leaf = random.nextInt(leaves.size());
                depth = leaves.get(leaf);
            }
            if (depth < 15) {
                leaves.set(leaf, depth + 1);
                leaves.add(depth + 1);
            }
        }
        int[] order = new int[symbols];
        for (int i = 0; i < symbols; i++) {
            order[i] = i;
        }
        random.shuffle(order);
        int[] lengths = new int[symbols];
        for (int i = 0; i < symbols; i++) {
            lengths[order[i]] = leaves.get(i);
        }
        return lengths;
    }

    private static int[] codes(int[] lengths) {
        int[] codes = new int[lengths.length];
        int code = 0;
        for (int length = 1; length <= 15; length++) {
            for (int symbol = 0; symbol < lengths.length; symbol++) {
                if (lengths[symbol] == length) {
                    codes[symbol] = code++;
                }
            }
            code <<= 1;
        }
        return codes;
    }

    private void code(int code, int length) {
        for (int bit = length - 1; bit >= 0; bit--) {
            bits(code >> bit, 1);
        }
    }
}
