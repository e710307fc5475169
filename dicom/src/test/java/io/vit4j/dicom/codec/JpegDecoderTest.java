package io.vit4j.dicom.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** JPEG streams of 8 bits that mean one thing to us and another to libjpeg, or ask it for much work. */
class JpegDecoderTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static byte[] jpeg(int width, int height) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(ImageIO.write(new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY), "jpg", out))
                .isTrue();
        return out.toByteArray();
    }

    /** Where a marker's segment begins. */
    private static int find(byte[] jpeg, int marker) {
        for (int i = 0; i + 1 < jpeg.length; i++) {
            if (jpeg[i] == -1 && (jpeg[i + 1] & 0xFF) == marker) {
                return i;
            }
        }
        throw new AssertionError(marker);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Arrays.stream(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }

    @Test
    void aPlainOneIsDecoded() throws IOException {
        Samples samples = JpegDecoder.decode(jpeg(24, 16), DecodeOptions.DEFAULT);
        assertThat(samples.width()).isEqualTo(24);
        assertThat(samples.height()).isEqualTo(16);
    }

    /** TEM (0x01) stands alone to libjpeg, and so what follows it is the frame. */
    @Test
    void libjpegIsAskedForNoOtherSizeThanTheOneThatWasChecked() throws IOException {
        byte[] whole = jpeg(24, 16);
        int frame = find(whole, 0xC0);
        int scan = find(whole, 0xDA);
        byte[] before = Arrays.copyOfRange(whole, 2, frame);
        byte[] huge = Arrays.copyOfRange(whole, frame, scan + 2 + 8);
        huge[5] = huge[7] = 40; // 10,000 pixels wide and high
        int length = 2 + huge.length;
        byte[] hidden = joined(new byte[] {-1, 1, (byte) (length >> 8), (byte) length}, huge);
        byte[] stream =
                joined(new byte[] {-1, (byte) 0xD8}, before, hidden, Arrays.copyOfRange(whole, frame, whole.length));
        long allocated = THREADS.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> JpegDecoder.decode(stream, DecodeOptions.DEFAULT.withMaxPixels(1 << 12)))
                .isInstanceOf(DamagedImage.class);
        assertThat(THREADS.getCurrentThreadAllocatedBytes() - allocated).isLessThan(10 << 20);
    }

    @Test
    void scansWithoutEndAreRefused() throws IOException {
        byte[] whole = jpeg(24, 16);
        byte[] scan = Arrays.copyOfRange(whole, find(whole, 0xDA), find(whole, 0xD9));
        byte[] stream = Arrays.copyOf(whole, find(whole, 0xD9));
        for (int i = 0; i < 200; i++) {
            stream = joined(stream, scan);
        }
        byte[] many = joined(stream, new byte[] {-1, (byte) 0xD9});
        assertThatThrownBy(() -> JpegDecoder.decode(many, DecodeOptions.DEFAULT))
                .isInstanceOf(DamagedImage.class)
                .hasMessageContaining("scans");
    }
}
