package io.vit4j.fuzz;

import io.vit4j.image.Filter;
import io.vit4j.image.Picture;
import io.vit4j.image.Resampler;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The resizer, asked for any size of a picture of any shape: four sizes of 16 bits and a byte for filter and channels, then
 * pixels, repeated as often as the picture needs.
 */
final class ResizeTarget implements Target {
    private static final int MOST_PIXELS = 1 << 18;

    @Override
    public String name() {
        return "resize";
    }

    @Override
    public List<byte[]> seeds() {
        return List.of(
                seed(7, 5, 3, 9, 0),
                seed(1, 1, 200, 300, 2),
                seed(300, 2, 1, 1, 3),
                seed(64, 64, 65, 63, 11),
                seed(1000, 1, 224, 224, 9),
                seed(1, 4000, 4001, 1, 5));
    }

    private static byte[] seed(int width, int height, int toWidth, int toHeight, int choice) {
        byte[] pixels = {0, (byte) 255, 1, 127, (byte) 128, 13, 77};
        return ByteBuffer.allocate(9 + pixels.length)
                .putShort((short) width)
                .putShort((short) height)
                .putShort((short) toWidth)
                .putShort((short) toHeight)
                .put((byte) choice)
                .put(pixels)
                .array();
    }

    @Override
    public int longestInput() {
        return 256;
    }

    @Override
    public void read(byte[] input) {
        ByteBuffer sizes = ByteBuffer.wrap(Arrays.copyOf(input, 9));
        int width = 1 + Short.toUnsignedInt(sizes.getShort());
        int wantedHeight = Short.toUnsignedInt(sizes.getShort());
        int toWidth = 1 + Short.toUnsignedInt(sizes.getShort());
        int height = 1 + wantedHeight % (MOST_PIXELS / Math.max(width, toWidth)); // the rows are resized first
        int toHeight = 1 + Short.toUnsignedInt(sizes.getShort()) % (MOST_PIXELS / toWidth);
        int choice = sizes.get() & 0xFF;
        int channels = choice % 2 == 0 ? 1 : 3;
        byte[] pixels = new byte[width * height * channels];
        int least = 255;
        int most = 0;
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = input.length > 9 ? input[9 + i % (input.length - 9)] : 7;
            least = Math.min(least, pixels[i] & 0xFF);
            most = Math.max(most, pixels[i] & 0xFF);
        }
        Filter filter = Filter.of(choice / 2 % 6);
        Picture resized = Resampler.resize(new Picture(width, height, channels, pixels), toWidth, toHeight, filter);
        if (resized.width() != toWidth || resized.height() != toHeight || resized.channels() != channels) {
            throw new IllegalStateException("another size than asked for");
        }
        // of more, the weights, rounded to 22 bits each, may add up to half a level less than 1; so they do in Pillow
        boolean exact = Math.max(width, height) < 1 << 14;
        if (least == most && exact && !isAll(resized.pixels(), (byte) least)) {
            throw new IllegalStateException("one colour became several");
        }
    }

    private static boolean isAll(byte[] pixels, byte level) {
        for (byte pixel : pixels) {
            if (pixel != level) {
                return false;
            }
        }
        return true;
    }
}
