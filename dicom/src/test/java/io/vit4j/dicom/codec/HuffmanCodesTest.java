package io.vit4j.dicom.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.vit4j.image.DamagedImage;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Symbols come out as they were coded by ITU-T T.81, C.2: codes of each length count up, and are doubled for the next length. */
class HuffmanCodesTest {
    private static final int SYMBOLS = 2000;

    private final Random random = new Random(7);

    /** Random counts of codes that leave the code of ones alone unused, and random symbols. */
    private byte[] table() {
        int[] counts = new int[16];
        int all = 0;
        int left = 1; // codes of this length that are free
        for (int length = 1; length <= 16; length++) {
            left *= 2;
            int most = Math.min(length == 16 ? left - 1 : left / 2, 256 - all);
            counts[length - 1] = most <= 0 ? 0 : Math.min(255, random.nextInt(most + 1));
            left -= counts[length - 1];
            all += counts[length - 1];
        }
        byte[] table = new byte[16 + all];
        random.nextBytes(table);
        for (int i = 0; i < 16; i++) {
            table[i] = (byte) counts[i];
        }
        return table;
    }

    @Test
    void symbolsComeOutAsTheyWereCoded() {
        for (int round = 0; round < 200; round++) {
            byte[] table = table();
            int all = table.length - 16;
            if (all == 0) {
                continue;
            }
            int[] codes = new int[all];
            int[] lengths = new int[all];
            for (int length = 1, code = 0, symbol = 0; length <= 16; length++, code *= 2) {
                for (int i = 0; i < (table[length - 1] & 0xFF); i++, code++, symbol++) {
                    codes[symbol] = code;
                    lengths[symbol] = length;
                }
            }
            StringBuilder coded = new StringBuilder();
            int[] chosen = new int[SYMBOLS];
            for (int i = 0; i < SYMBOLS; i++) {
                chosen[i] = random.nextInt(all);
                for (int bit = lengths[chosen[i]] - 1; bit >= 0; bit--) {
                    coded.append(codes[chosen[i]] >> bit & 1);
                }
            }
            HuffmanCodes read = new HuffmanCodes(table, 0, table.length);
            JpegBits bits = new JpegBits(bytes(coded), 0);
            for (int i = 0; i < SYMBOLS; i++) {
                assertThat(read.next(bits)).isEqualTo(table[16 + chosen[i]] & 0xFF);
            }
        }
    }

    private static byte[] bytes(StringBuilder bits) {
        bits.append("1".repeat(32 - bits.length() % 8));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < bits.length(); i += 8) {
            int value = Integer.parseInt(bits.substring(i, i + 8), 2);
            out.write(value);
            if (value == 0xFF) {
                out.write(0); // B.1.1.5
            }
        }
        return out.toByteArray();
    }

    @Test
    void aTableOfMoreCodesThanThereAreIsRefused() {
        byte[] table = new byte[16 + 3];
        table[0] = 3;
        assertThatThrownBy(() -> new HuffmanCodes(table, 0, table.length)).isInstanceOf(DamagedImage.class);
        table[0] = 2;
        assertThat(new HuffmanCodes(table, 0, table.length)).isNotNull();
        assertThatThrownBy(() -> new HuffmanCodes(table, 0, 17)).isInstanceOf(DamagedImage.class);
        JpegBits nothing = new JpegBits(new byte[] {-1, 0, -1, 0, -1, 0}, 0);
        byte[] one = new byte[17];
        one[15] = 1;
        assertThatThrownBy(() -> new HuffmanCodes(one, 0, 17).next(nothing)).isInstanceOf(DamagedImage.class);
    }

    /** A file may have one table after the other, of 17 bytes each. */
    @Test
    void aTableTakesLittleMemory() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        byte[] one = new byte[17];
        one[15] = 1;
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1000; i++) {
            new HuffmanCodes(one, 0, 17);
        }
        assertThat((threads.getCurrentThreadAllocatedBytes() - before) / 1000).isLessThan(3000);
    }
}
