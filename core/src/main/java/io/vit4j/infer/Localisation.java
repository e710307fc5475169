package io.vit4j.infer;

import io.vit4j.base.InputException;
import io.vit4j.image.ImageProcessor;
import java.util.List;

/**
 * How well a heat map finds what was marked by people.
 *
 * @param hit whether its peak lies in a box: one trial of the pointing game (Zhang et al., ECCV 2016), without its margin
 * @param iou area that heat and boxes share over the area that either covers, where heat is what reaches half of the
 *     map's range; maps of pixels are taken as {@link Heatmap#legible}
 */
public record Localisation(boolean hit, double iou) {
    private static final float HOT = 0.5f;

    /**
     * @param height of the picture that the boxes are measured in
     * @param width of that picture
     * @param seen what of it the map covers
     * @param boxes at least one
     */
    public static Localisation of(
            Heatmap heatmap, int height, int width, ImageProcessor.Region seen, List<NihBoxes.Box> boxes) {
        if (boxes.isEmpty()) {
            throw new InputException("there is no box to compare with: this finding is not marked in this picture");
        }
        Heatmap heat = heatmap.legible().scaled();
        int[] peak = heat.peak();
        double peakRow = seen.top() + (peak[0] + 0.5) / heat.rows() * seen.height();
        double peakColumn = seen.left() + (peak[1] + 0.5) / heat.columns() * seen.width();
        boolean hit = boxes.stream().anyMatch(box -> box.contains(peakRow, peakColumn));
        long both = 0;
        long either = 0;
        for (int row = 0; row < height; row++) {
            double down = (row + 0.5 - seen.top()) / seen.height();
            for (int column = 0; column < width; column++) {
                double across = (column + 0.5 - seen.left()) / seen.width();
                boolean inside = down >= 0 && down <= 1 && across >= 0 && across <= 1;
                boolean hot = inside && heat.at(down, across) >= HOT;
                boolean marked = false;
                for (NihBoxes.Box box : boxes) {
                    marked |= box.contains(row + 0.5, column + 0.5);
                }
                both += hot && marked ? 1 : 0;
                either += hot || marked ? 1 : 0;
            }
        }
        return new Localisation(hit, either == 0 ? 0 : both / (double) either);
    }
}
