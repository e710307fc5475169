package io.vit4j.report;

import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ProblemType;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Pictures of a data set in a grid of four columns, each under its labels. */
public final class PictureGrid {
    private static final int COLUMNS = 4;
    private static final int TILE = 300;
    private static final int GAP = 18;
    private static final int LINE = 21;
    private static final int TITLE_LINES = 2;
    private static final int MOST = 100;

    /** Rows looked through for rare labels: enough to meet a finding of one picture in a thousand. */
    private static final int SEARCHED = 20_000;

    private PictureGrid() {}

    /** Rows that show as many different labels as may be: in the data set's order, each the first with a new label. */
    public static int[] varied(ArrowDataset data, int[] among, int count) {
        List<Integer> chosen = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        int stride = Math.max(1, among.length / SEARCHED);
        for (int i = 0; i < among.length && chosen.size() < count; i += stride) {
            if (seen.addAll(labelsOf(data, among[i]))) {
                chosen.add(among[i]);
            }
        }
        Set<Integer> taken = new HashSet<>(chosen);
        for (int i = 0; i < among.length && chosen.size() < count; i++) {
            if (taken.add(among[i])) {
                chosen.add(among[i]);
            }
        }
        return chosen.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The names of a picture's labels; of an unknown single label none. */
    static List<String> labelsOf(ArrowDataset data, int row) {
        float[] values = data.labelsOf(row);
        List<String> names = new ArrayList<>();
        if (data.info().problemType() == ProblemType.SINGLE_LABEL) {
            if (values[0] >= 0 && values[0] < data.labels().size()) {
                names.add(data.labels().name((int) values[0]));
            }
            return names;
        }
        for (int j = 0; j < values.length; j++) {
            if (data.info().problemType() == ProblemType.REGRESSION) {
                names.add(data.labels().name(j) + " " + values[j]);
            } else if (values[j] == 1) {
                names.add(data.labels().name(j));
            }
        }
        return names;
    }

    /** At most 100 rows of a data set, four a line. */
    static BufferedImage draw(ArrowDataset data, int[] rows) {
        int[] shown = Arrays.copyOf(rows, Math.min(rows.length, MOST));
        int lines = Math.max(1, (shown.length + COLUMNS - 1) / COLUMNS);
        int titleHeight = TITLE_LINES * LINE + 6;
        int width = GAP + COLUMNS * (TILE + GAP);
        int height = GAP + lines * (titleHeight + TILE + GAP);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = Canvas.smooth(image);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, width, height);
        graphics.setFont(Canvas.font(Font.BOLD, 16));
        for (int i = 0; i < shown.length; i++) {
            int left = GAP + i % COLUMNS * (TILE + GAP);
            int top = GAP + i / COLUMNS * (titleHeight + TILE + GAP);
            graphics.setColor(Canvas.INK);
            title(graphics, labelsOf(data, shown[i]), left, top);
            BufferedImage picture = Canvas.image(data.get(shown[i]).picture());
            double scale = Math.min((double) TILE / picture.getWidth(), (double) TILE / picture.getHeight());
            int w = (int) Math.max(1, Math.round(picture.getWidth() * scale));
            int h = (int) Math.max(1, Math.round(picture.getHeight() * scale));
            graphics.drawImage(picture, left + (TILE - w) / 2, top + titleHeight, w, h, null);
        }
        graphics.dispose();
        return image;
    }

    /** The labels over at most two lines, at the bottom of the room for them, broken between labels. */
    private static void title(Graphics2D graphics, List<String> labels, int left, int top) {
        FontMetrics metrics = graphics.getFontMetrics();
        List<String> lines = new ArrayList<>(List.of(""));
        for (String label : labels.isEmpty() ? List.of("(none)") : labels) {
            String line = lines.get(lines.size() - 1);
            String longer = line.isEmpty() ? label : line + ", " + label;
            boolean fits = line.isEmpty() || metrics.stringWidth(longer + ",") <= TILE;
            if (fits || lines.size() == TITLE_LINES) {
                lines.set(lines.size() - 1, longer);
            } else {
                lines.set(lines.size() - 1, line + ",");
                lines.add(label);
            }
        }
        int baseline = top + (TITLE_LINES - lines.size()) * LINE + metrics.getAscent();
        for (String line : lines) {
            String shown = Canvas.fitting(line, metrics, TILE);
            graphics.drawString(shown, left + (TILE - metrics.stringWidth(shown)) / 2, baseline);
            baseline += LINE;
        }
    }
}
