package io.vit4j.data.augment;

import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.Sample;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Mixes samples with their partners, pixels and labels alike. Partners that are in other batches are loaded as well.
 *
 * @param plain normalises the samples
 * @param classes number of classes if a label is a class number, which becomes a share of every class; 0 if labels are numbers
 *     that can be mixed
 */
public record MixingCollator(Collator plain, Mixing.Epoch epoch, int classes) implements Collator {
    @Override
    public int[] reads(int[] rows) {
        return plain.reads(places(rows).keySet().stream().mapToInt(i -> i).toArray());
    }

    /** Where each row stands: those of the batch first, then their partners. */
    private Map<Integer, Integer> places(int[] rows) {
        Map<Integer, Integer> places = new LinkedHashMap<>();
        for (int row : rows) {
            places.put(row, places.size());
        }
        for (int row : rows) {
            if (epoch.has(row)) {
                places.putIfAbsent(epoch.of(row).partner(), places.size());
            }
        }
        return places;
    }

    @Override
    public Batch collate(int[] rows, List<Sample> samples, FloatBuffers buffers, RandomKey key) {
        Map<Integer, Integer> places = places(rows);
        Batch all = plain.collate(places.keySet().stream().mapToInt(i -> i).toArray(), samples, buffers, key);
        try {
            float[] labels = classes == 0 ? all.labels().clone() : shares(all.labels());
            int labelCount = labels.length / all.size();
            float[] mixed = Arrays.copyOf(labels, rows.length * labelCount);
            for (int i = 0; i < rows.length; i++) {
                if (epoch.has(rows[i])) {
                    int partner = places.get(epoch.of(rows[i]).partner());
                    boolean both = partner < rows.length && epoch.has(rows[partner]);
                    if (!both) {
                        put(all, i, mixed(all, i, pixels(all, i), pixels(all, partner)));
                    } else if (i < partner) {
                        mixBoth(all, i, partner);
                    }
                    mixLabels(labels, i, partner, labelCount, (float) share(all, rows[i]), mixed);
                }
            }
            return all.first(rows.length, mixed, labelCount);
        } catch (RuntimeException e) {
            all.close();
            throw e;
        }
    }

    /** Class numbers as shares; of an unknown class (NaN or -100) all are NaN. */
    private float[] shares(float[] numbers) {
        float[] shares = new float[Math.multiplyExact(numbers.length, classes)];
        for (int i = 0; i < numbers.length; i++) {
            float number = numbers[i];
            if (number >= 0 && number < classes && number == (int) number) {
                shares[i * classes + (int) number] = 1;
            } else {
                Arrays.fill(shares, i * classes, (i + 1) * classes, Float.NaN);
            }
        }
        return shares;
    }

    /** How much of the sample is left: of CutMix the part of the area, once the rectangle is cut at the edges. */
    private double share(Batch all, int row) {
        Mixing.Mixture mixture = epoch.of(row);
        return mixture.cut() ? Box.of(mixture, all.height(), all.width()).outside() : mixture.ratio();
    }

    private static void mixLabels(float[] labels, int i, int partner, int count, float share, float[] mixed) {
        float rest = 1 - share;
        if (rest == 0) {
            return; // all of its own, a sample keeps its labels though its partner's are unknown
        }
        for (int l = 0; l < count; l++) {
            mixed[i * count + l] = labels[i * count + l] * share + labels[partner * count + l] * rest;
        }
    }

    private void mixBoth(Batch all, int i, int partner) {
        float[] own = pixels(all, i);
        float[] others = pixels(all, partner);
        put(all, i, mixed(all, i, own, others));
        put(all, partner, mixed(all, partner, others, own));
    }

    private float[] mixed(Batch all, int i, float[] own, float[] others) {
        Mixing.Mixture mixture = epoch.of(all.rows()[i]);
        float[] mixed = own.clone();
        if (mixture.cut()) {
            Box box = Box.of(mixture, all.height(), all.width());
            for (int c = 0; c < all.channels(); c++) {
                for (int y = box.top(); y < box.bottom(); y++) {
                    int from = (c * all.height() + y) * all.width() + box.left();
                    System.arraycopy(others, from, mixed, from, box.right() - box.left());
                }
            }
        } else {
            blend(mixed, others, (float) mixture.ratio(), (float) (1 - mixture.ratio()));
        }
        return mixed;
    }

    private static void blend(float[] own, float[] others, float share, float rest) {
        for (int i = 0; i < own.length; i++) {
            own[i] = own[i] * share + others[i] * rest;
        }
    }

    private static int values(Batch all) {
        return all.channels() * all.height() * all.width();
    }

    private static float[] pixels(Batch all, int i) {
        float[] pixels = new float[values(all)];
        all.pixelValues().get(i * pixels.length, pixels);
        return pixels;
    }

    private static void put(Batch all, int i, float[] pixels) {
        FloatBuffer buffer = all.pixelValues();
        buffer.put(i * pixels.length, pixels);
    }

    /** CutMix's rectangle, cut at the picture's edges. */
    record Box(int left, int top, int right, int bottom, double outside) {
        /** torchvision's: as large as the ratio says, around the centre. */
        static Box of(Mixing.Mixture mixture, int height, int width) {
            int x = (int) (mixture.centreX() * width);
            int y = (int) (mixture.centreY() * height);
            double half = 0.5 * Math.sqrt(1 - mixture.ratio());
            int halfWidth = (int) (half * width);
            int halfHeight = (int) (half * height);
            int left = Math.max(x - halfWidth, 0);
            int top = Math.max(y - halfHeight, 0);
            int right = Math.min(x + halfWidth, width);
            int bottom = Math.min(y + halfHeight, height);
            double area = (double) (right - left) * (bottom - top);
            return new Box(left, top, right, bottom, 1 - area / ((double) width * height));
        }
    }
}
