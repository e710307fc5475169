package io.vit4j.infer;

import io.vit4j.metrics.Proportion;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * How well maps find what people marked, over many pictures: in how many the map's peak lies in a box (the pointing game,
 * Zhang et al., ECCV 2016), and the mean IoU.
 */
public final class PointingGame {
    /** The name of the score over all labels. */
    public static final String ALL = "all labels";

    private static final double LEVEL = 0.95;

    private final Map<String, Sums> ofLabel = new TreeMap<>();

    private record Sums(int pictures, int hits, double iou) {
        Sums plus(Localisation one) {
            return new Sums(pictures + 1, hits + (one.hit() ? 1 : 0), iou + one.iou());
        }
    }

    /**
     * The result for a label.
     *
     * @param hits pictures whose peak lies in a box, of all that have one, with Wilson's 95% interval
     * @param meanIou of the boxes with the hot part of the map
     */
    public record Score(Proportion hits, double meanIou) {}

    /** An empty game. */
    public PointingGame() {}

    /**
     * Adds a picture.
     *
     * @param label that was explained
     * @param found of that label's boxes
     */
    public void add(String label, Localisation found) {
        ofLabel.merge(label, new Sums(0, 0, 0).plus(found), (sums, one) -> sums.plus(found));
    }

    /** The scores by label, then that of {@link #ALL}; none if no picture was added. */
    public Map<String, Score> scores() {
        Map<String, Score> scores = new LinkedHashMap<>();
        Sums all = new Sums(0, 0, 0);
        for (Map.Entry<String, Sums> label : ofLabel.entrySet()) {
            Sums sums = label.getValue();
            scores.put(label.getKey(), score(sums));
            all = new Sums(all.pictures + sums.pictures, all.hits + sums.hits, all.iou + sums.iou);
        }
        if (all.pictures > 0) {
            scores.put(ALL, score(all));
        }
        return scores;
    }

    private static Score score(Sums sums) {
        return new Score(Proportion.of(sums.hits, sums.pictures, LEVEL), sums.iou / sums.pictures);
    }
}
