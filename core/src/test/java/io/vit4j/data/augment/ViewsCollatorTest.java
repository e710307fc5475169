package io.vit4j.data.augment;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.Sample;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ViewsCollatorTest {
    private static final int NUMBERS = 3 * (2 * 16 * 16 + 8 * 8);
    private static final ViewsCollator COLLATOR = new ViewsCollator(
            ImageProcessor.defaults()::normalise,
            3,
            List.of(
                    ViewAugmentation.large(0, 16, 0.4, 0.5),
                    ViewAugmentation.large(1, 16, 0.4, 0.5),
                    ViewAugmentation.small(8, 0.4, 0.5)),
            NUMBERS);

    private static Sample picture(int row) {
        byte[] pixels = new byte[24 * 24 * 3];
        new Random(row).nextBytes(pixels);
        return new Sample(row + ".png", new Picture(24, 24, 3, pixels), new float[0]);
    }

    private static float[] views(RandomKey epoch, int[] rows, int at) {
        try (Batch batch = COLLATOR.collate(
                rows, IntStream.of(rows).mapToObj(ViewsCollatorTest::picture).toList(), new FloatBuffers(4), epoch)) {
            FloatBuffer all = batch.pixelValues();
            float[] own = new float[NUMBERS];
            all.slice(at * NUMBERS, NUMBERS).get(own);
            return own;
        }
    }

    @Test
    void viewsDependOnEpochAndSampleAlone() {
        RandomKey epoch = RandomKey.of(1).with("epoch").with(3);
        float[] alone = views(epoch, new int[] {7}, 0);

        assertThat(views(epoch, new int[] {2, 7, 4}, 1)).containsExactly(alone);
        assertThat(views(RandomKey.of(1).with("epoch").with(4), new int[] {7}, 0))
                .isNotEqualTo(alone);
        float[] first = Arrays.copyOf(alone, 3 * 16 * 16);
        float[] second = Arrays.copyOfRange(alone, 3 * 16 * 16, 2 * 3 * 16 * 16);
        assertThat(first).isNotEqualTo(second);
    }
}
