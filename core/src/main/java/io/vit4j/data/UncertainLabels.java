package io.vit4j.data;

import io.vit4j.base.RandomKey;
import java.util.Locale;
import java.util.Optional;

/**
 * What unknown labels (NaN) of multi-label data count as in training: the policies of CheXpert (Irvin et al. 2019), and label
 * smoothing regularisation of uncertain labels (Pham et al. 2021), with their intervals.
 */
public enum UncertainLabels {
    /** U-Ignore: not at all. */
    IGNORE(Float.NaN, Float.NaN),
    /** U-Zeros: absent. */
    ZEROS(0, 0),
    /** U-Ones: present. */
    ONES(1, 1),
    /** U-Zeros with smoothing: uniform from 0 to 0.3. */
    ZEROS_LSR(0, 0.3f),
    /** U-Ones with smoothing: uniform from 0.55 to 0.85. */
    ONES_LSR(0.55f, 0.85f);

    private final float from;
    private final float to;

    UncertainLabels(float from, float to) {
        this.from = from;
        this.to = to;
    }

    /** {@return the policy of a name in lower case} */
    public static UncertainLabels named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** Whether labels are made that are neither 0 nor 1. */
    public boolean soft() {
        return from < to;
    }

    /**
     * The same samples with numbers in place of unknown labels.
     *
     * @param seed what is drawn depends on it, on the sample and on the label, so that a label stays the same in all epochs
     */
    public Dataset counted(Dataset data, long seed) {
        return this == IGNORE ? data : new Counted(data, RandomKey.of(seed).with("uncertain labels"));
    }

    private final class Counted implements Dataset {
        private final Dataset data;
        private final RandomKey key;

        Counted(Dataset data, RandomKey key) {
            this.data = data;
            this.key = key;
        }

        @Override
        public int size() {
            return data.size();
        }

        @Override
        public Sample get(int index) {
            Sample sample = data.get(index);
            return new Sample(sample.file(), sample.picture(), counted(sample.labels(), index));
        }

        @Override
        public float[] labels(int index) {
            return counted(data.labels(index), index);
        }

        @Override
        public int shardOf(int index) {
            return data.shardOf(index);
        }

        /** Of the pictures, which stay as they are. */
        @Override
        public Optional<String> digest() {
            return data.digest();
        }

        private float[] counted(float[] labels, int index) {
            float[] counted = labels.clone();
            for (int j = 0; j < labels.length; j++) {
                if (Float.isNaN(labels[j])) {
                    counted[j] = (float) (from
                            + (to - from) * key.with(index).with(j).stream().nextDouble());
                }
            }
            return counted;
        }
    }
}
