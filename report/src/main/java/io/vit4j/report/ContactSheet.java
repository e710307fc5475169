package io.vit4j.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.DataLoader;
import io.vit4j.data.Dataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.data.augment.Augmentation;
import io.vit4j.data.augment.ErasingCollator;
import io.vit4j.data.augment.Mixing;
import io.vit4j.data.augment.MixingCollator;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.train.arguments.MixingArguments;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArgumentsBuilder;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Training pictures as training sees them: each line one picture, as it is stored and in the run's first epochs, to the pixel.
 * Only mixing differs, since pictures are mixed with those of the sheet instead of those of their batch.
 */
final class ContactSheet {
    private static final int LINES = 6;
    private static final int EPOCHS = 4;
    private static final int TILE = 150;
    private static final int GAP = 6;
    private static final int TITLE = 26;
    private static final float QUALITY = 0.85f;
    private static final List<String> READ =
            List.of("augment", "mixup", "cutmix", "mixup_prob", "mixup_switch_prob", "mixup_mode", "seed");

    private final ArrowDataset data;
    private final Augmentation augmentation;
    private final Optional<Mixing> mixing;
    private final long seed;
    private final ImageProcessor processor;

    /** @param seed of the run */
    ContactSheet(ArrowDataset data, Augmentation augmentation, Optional<Mixing> mixing, long seed) {
        this.data = data;
        this.augmentation = augmentation;
        this.mixing = mixing;
        this.seed = seed;
        this.processor = ImageProcessor.of(data.info().processor());
    }

    /** That of a run as JPEG; empty if it changes no pictures, or trains on none. */
    static Optional<byte[]> of(ObjectNode trainingArguments, ArrowDataset data) {
        TrainingArgumentsBuilder builder = TrainingArguments.builder();
        READ.stream().filter(trainingArguments::has).forEach(name -> builder.set(name, trainingArguments.get(name)));
        TrainingArguments arguments = builder.build();
        Augmentation augmentation = Augmentation.parse(arguments.augment());
        Optional<Mixing> mixing = MixingArguments.of(arguments);
        if (augmentation.isNone() && mixing.isEmpty() || data.rows(Split.TRAIN).length == 0) {
            return Optional.empty();
        }
        return Optional.of(Canvas.jpeg(new ContactSheet(data, augmentation, mixing, arguments.seed()).draw(), QUALITY));
    }

    BufferedImage draw() {
        String split = List.of(Split.TRAIN, Split.VALIDATION, Split.TEST).stream()
                .filter(name -> data.rows(name).length > 0)
                .findFirst()
                .orElse(Split.TRAIN);
        int[] samples = samples(data.rows(split));
        List<List<Picture>> columns = views(data.split(split), samples);
        int height = Math.max(
                1, TILE * data.info().cropHeight() / Math.max(1, data.info().cropWidth()));
        BufferedImage sheet = new BufferedImage(
                GAP + columns.size() * (TILE + GAP),
                TITLE + samples.length * (height + GAP),
                BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = Canvas.smooth(sheet);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
        graphics.setColor(Canvas.INK);
        graphics.setFont(Canvas.font(Font.BOLD, 13));
        for (int column = 0; column < columns.size(); column++) {
            int left = GAP + column * (TILE + GAP);
            graphics.drawString(column == 0 ? "stored" : "epoch " + column, left, TITLE - 8);
            for (int line = 0; line < samples.length; line++) {
                BufferedImage picture = Canvas.image(columns.get(column).get(line));
                graphics.drawImage(picture, left, TITLE + line * (height + GAP), TILE, height, null);
            }
        }
        graphics.dispose();
        return sheet;
    }

    /** Numbers within the split of pictures with different labels. */
    private int[] samples(int[] rows) {
        Map<Integer, Integer> sampleOf = new HashMap<>();
        for (int i = 0; i < rows.length; i++) {
            sampleOf.put(rows[i], i);
        }
        return Arrays.stream(PictureGrid.varied(data, rows, LINES))
                .map(sampleOf::get)
                .toArray();
    }

    /** The stored pictures, then those of each epoch. */
    List<List<Picture>> views(Dataset split, int[] samples) {
        List<List<Picture>> columns = new ArrayList<>();
        columns.add(Arrays.stream(samples)
                .mapToObj(sample -> split.get(sample).picture())
                .toList());
        for (int epoch = 0; epoch < EPOCHS && samples.length > 0; epoch++) {
            try (DataLoader loader = new DataLoader(
                            split,
                            List.of(samples),
                            collator(samples, epoch),
                            augmentation.transform(data.info()),
                            RandomKey.of(seed).with("epoch").with(epoch),
                            DataLoader.Workers.of(0));
                    Batch batch = loader.next()) {
                columns.add(pictures(batch));
            }
        }
        return columns;
    }

    private Collator collator(int[] samples, int epoch) {
        Collator plain = Collator.normalising(processor::normalise, 3);
        Collator erased = augmentation
                .erasing()
                .<Collator>map(erasing -> new ErasingCollator(plain, erasing))
                .orElse(plain);
        int classes = data.info().problemType() == ProblemType.SINGLE_LABEL
                ? data.labels().size()
                : 0;
        return mixing.<Collator>map(
                        mix -> new MixingCollator(erased, mix.epoch(List.of(samples), epoch, seed), classes))
                .orElse(erased);
    }

    /** The levels that normalised pixels were. */
    private List<Picture> pictures(Batch batch) {
        float[][] table = processor.normalisationTable();
        int plane = batch.height() * batch.width();
        FloatBuffer values = batch.pixelValues();
        List<Picture> pictures = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            byte[] pixels = new byte[3 * plane];
            for (int c = 0; c < 3; c++) {
                float black = table[c][0];
                float scale = 255 / (table[c][255] - black);
                for (int p = 0; p < plane; p++) {
                    float level = (values.get((3 * i + c) * plane + p) - black) * scale;
                    pixels[3 * p + c] = (byte) Math.min(Math.max(Math.round(level), 0), 255);
                }
            }
            pictures.add(new Picture(batch.width(), batch.height(), 3, pixels));
        }
        return pictures;
    }
}
