package io.vit4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.data.Split;
import io.vit4j.data.augment.Augmentation;
import io.vit4j.data.augment.Mixing;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContactSheetTest {
    private static final int[] SAMPLES = {3, 0};

    @TempDir
    Path folder;

    /** The loader of a run's second epoch gives these numbers, which are normalised levels. */
    @Test
    void picturesAreThoseThatTrainingLoads() {
        Augmentation augmentation = Augmentation.parse("crop-flip+randaugment:magnitude=20");
        try (ArrowDataset data = TinyRelease.write(folder, 24, "")) {
            Dataset train = data.split(Split.TRAIN);
            ImageProcessor processor = ImageProcessor.of(data.info().processor());
            List<List<Picture>> columns =
                    new ContactSheet(data, augmentation, Optional.empty(), 7).views(train, SAMPLES);
            assertThat(columns).hasSize(5);
            assertThat(columns.get(0).get(0).pixels())
                    .isEqualTo(train.get(3).picture().pixels());
            try (DataLoader loader = new DataLoader(
                    train,
                    List.of(new int[] {5, 3, 1, 0}),
                    Collator.normalising(processor::normalise, 3),
                    augmentation.transform(data.info()),
                    RandomKey.of(7).with("epoch").with(1),
                    DataLoader.Workers.of(1))) {
                var loaded = loader.next().pixelValues();
                assertSame(columns.get(2).get(0), processor, loaded, 1);
                assertSame(columns.get(2).get(1), processor, loaded, 3);
            }
        }
    }

    private static void assertSame(Picture shown, ImageProcessor processor, FloatBuffer loaded, int sample) {
        float[][] table = processor.normalisationTable();
        int plane = shown.width() * shown.height();
        for (int p = 0; p < plane; p++) {
            for (int c = 0; c < 3; c++) {
                assertThat(table[c][shown.pixels()[3 * p + c] & 0xFF])
                        .isEqualTo(loaded.get((3 * sample + c) * plane + p));
            }
        }
    }

    @Test
    void erasedAndMixedPicturesAreShownSo() {
        try (ArrowDataset data = TinyRelease.write(folder, 24, "")) {
            Dataset train = data.split(Split.TRAIN);
            List<Picture> erased = new ContactSheet(data, Augmentation.parse("erasing:p=1"), Optional.empty(), 7)
                    .views(train, SAMPLES)
                    .get(1);
            int grey = 0;
            for (byte level : erased.get(0).pixels()) {
                grey += (level & 0xFF) == 128 ? 1 : 0; // 0 after normalisation by 0.5
            }
            assertThat(grey).isGreaterThan(erased.get(0).pixels().length / 60);
            Mixing half = new Mixing(1e6, 0, 1, 0, Mixing.Mode.BATCH); // nearly equal parts
            List<Picture> mixed = new ContactSheet(data, Augmentation.parse("none"), Optional.of(half), 7)
                    .views(train, SAMPLES)
                    .get(1);
            for (int i = 0; i < mixed.get(0).pixels().length; i++) {
                assertThat(mixed.get(0).pixels()[i] & 0xFF)
                        .isCloseTo(mixed.get(1).pixels()[i] & 0xFF, within(1)); // halves may be rounded either way
            }
        }
    }

    @Test
    void aRunThatChangesNothingHasNoSheet() {
        try (ArrowDataset data = TinyRelease.write(folder, 24, "")) {
            ObjectNode arguments = Json.object().put("augment", "none").put("mixup", 0.0);
            assertThat(ContactSheet.of(arguments, data)).isEmpty();
            assertThat(ContactSheet.of(arguments.put("mixup", 0.4), data)).isPresent();
            assertThat(ContactSheet.of(arguments.put("mixup", 0.0).put("augment", "flip"), data))
                    .isPresent();
        }
    }
}
