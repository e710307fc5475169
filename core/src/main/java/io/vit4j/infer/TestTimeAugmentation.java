package io.vit4j.infer;

import io.vit4j.base.InputException;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Dataset;
import io.vit4j.data.Sample;
import io.vit4j.data.augment.PictureView;
import io.vit4j.image.ImageProcessor;
import io.vit4j.metrics.EvalPrediction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several views of each picture, whose logits are averaged: of a probability's odds, or of softmax probabilities, that is the
 * geometric mean.
 *
 * @param kinds of views; none: the picture as the model takes it
 */
public record TestTimeAugmentation(Set<Kind> kinds) {
    /** The picture as the model takes it, alone. */
    public static final TestTimeAugmentation NONE = new TestTimeAugmentation(Set.of());

    private static final Logger LOG = LoggerFactory.getLogger(TestTimeAugmentation.class);

    /** Label names that carry a side, which a mirrored picture has on the other. */
    private static final Pattern SIDE =
            Pattern.compile("(?i)(?<![a-z])(left|right|dextro\\w*|laevo\\w*|levo\\w*|situs)(?![a-z])");

    /** What a picture file is enlarged by before parts are cut from it: 256 pixels for a model of 224. */
    private static final int STORED = 8;

    private static final int TAKEN = 7;

    /** Kinds of views. */
    public enum Kind {
        /** Every view is also taken mirrored, left to right. */
        FLIP,
        /** The four corners and the centre of a picture that is larger than the model's, as torchvision's {@code FiveCrop}. */
        CROPS,
        /** The centre at the model's size, the whole of a larger picture, and half-way between them. */
        SCALES
    }

    /** Copies the set. */
    public TestTimeAugmentation {
        kinds = kinds.isEmpty() ? Set.of() : EnumSet.copyOf(kinds);
    }

    /** Kinds in one word, separated by commas: {@code flip,crops}. */
    public static TestTimeAugmentation parse(String words) {
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        for (String word : words.split(",")) {
            kinds.add(Arrays.stream(Kind.values())
                    .filter(kind -> kind.name().equalsIgnoreCase(word.strip()))
                    .findFirst()
                    .orElseThrow(() -> new InputException(
                            "--tta " + words + ": \"" + word + "\" is no kind of view; use flip, crops or scales")));
        }
        return new TestTimeAugmentation(kinds);
    }

    /** Whether there is but one view. */
    public boolean isNone() {
        return kinds.isEmpty();
    }

    /** Whether views need pictures that are larger than the model's. */
    public boolean needsMargin() {
        return kinds.contains(Kind.CROPS) || kinds.contains(Kind.SCALES);
    }

    /** Warns if views are mirrored although a label's name carries a side. */
    public void noteSides(List<String> labels) {
        if (kinds.contains(Kind.FLIP)) {
            labelWithASide(labels)
                    .ifPresent(label -> LOG.warn(
                            "--tta flip mirrors pictures, but the label {} names a side; leave flip out unless the"
                                    + " model was trained with mirrored pictures",
                            label));
        }
    }

    static Optional<String> labelWithASide(List<String> labels) {
        return labels.stream().filter(label -> SIDE.matcher(label).find()).findFirst();
    }

    /**
     * The views of a picture.
     *
     * @param storedHeight of the picture
     * @param storedWidth of the picture
     * @param height that the model takes
     * @param width that the model takes
     * @throws InputException if the picture is too small for the views
     */
    public List<PictureView> views(int storedHeight, int storedWidth, int height, int width) {
        if (needsMargin() && (storedHeight <= height || storedWidth <= width)) {
            throw new InputException("--tta " + this + " needs pictures larger than the model's " + width + "x" + height
                    + ", but they are " + storedWidth + "x" + storedHeight + "; prepare the data set with --store-size "
                    + larger(Math.max(height, width)) + ", or use --tta flip");
        }
        int top = storedHeight - height;
        int left = storedWidth - width;
        List<PictureView> views = new ArrayList<>();
        views.add(cut("centre", (int) Math.rint(top / 2.0), (int) Math.rint(left / 2.0), height, width));
        if (kinds.contains(Kind.CROPS)) {
            views.add(cut("top left", 0, 0, height, width));
            views.add(cut("top right", 0, left, height, width));
            views.add(cut("bottom left", top, 0, height, width));
            views.add(cut("bottom right", top, left, height, width));
        }
        if (kinds.contains(Kind.SCALES)) {
            int rows = (storedHeight + height) / 2;
            int columns = (storedWidth + width) / 2;
            views.add(new PictureView(
                    "half-way",
                    (storedHeight - rows) / 2,
                    (storedWidth - columns) / 2,
                    rows,
                    columns,
                    height,
                    width,
                    false));
            views.add(new PictureView("whole", 0, 0, storedHeight, storedWidth, height, width, false));
        }
        if (kinds.contains(Kind.FLIP)) {
            views.addAll(views.stream().map(PictureView::mirror).toList());
        }
        return views;
    }

    private static PictureView cut(String name, int top, int left, int height, int width) {
        return new PictureView(name, top, left, height, width, height, width, false);
    }

    private static int larger(int size) {
        return (size * STORED + TAKEN - 1) / TAKEN;
    }

    /** How a picture file is read for these views: larger than the model takes it, as for {@code --store-size}, if they need that. */
    public ImageProcessor processor(ImageProcessor model) {
        return needsMargin() ? model.withSize(larger(model.height()), larger(model.width())) : model;
    }

    /** All views of all samples: those of the first, those of the second, and so on. The views of one are read together. */
    public static Dataset of(Dataset data, List<PictureView> views) {
        int each = views.size();
        ThreadLocal<Read> last = new ThreadLocal<>();
        return new Dataset() {
            @Override
            public int size() {
                return Math.multiplyExact(data.size(), each);
            }

            @Override
            public Sample get(int index) {
                Read read = last.get();
                if (read == null || read.number() != index / each) {
                    read = new Read(index / each, data.get(index / each));
                    last.set(read);
                }
                Sample sample = read.sample();
                return new Sample(
                        sample.file(),
                        views.get(index % each).apply(sample.picture(), RandomKey.of(0)),
                        sample.labels());
            }

            @Override
            public float[] labels(int index) {
                return data.labels(index / each);
            }
        };
    }

    /** A sample that was read, by its number. */
    private record Read(int number, Sample sample) {}

    /** Predictions of {@link #of}, averaged over the views of each sample. */
    public static EvalPrediction averaged(EvalPrediction all, int views) {
        int samples = all.samples() / views;
        int truths = all.singleLabel() ? 1 : all.labels();
        float[] mean = new float[samples * all.labels()];
        float[] truth = new float[samples * truths];
        for (int i = 0; i < samples; i++) {
            for (int j = 0; j < all.labels(); j++) {
                double sum = 0;
                for (int v = 0; v < views; v++) {
                    sum += all.predictions()[(i * views + v) * all.labels() + j];
                }
                mean[i * all.labels() + j] = (float) (sum / views);
            }
            System.arraycopy(all.labelIds(), i * views * truths, truth, i * truths, truths);
        }
        return new EvalPrediction(all.problemType(), samples, all.labels(), mean, truth);
    }

    /** As {@link #parse} takes it. */
    @Override
    public String toString() {
        return kinds.stream().map(kind -> kind.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(","));
    }
}
