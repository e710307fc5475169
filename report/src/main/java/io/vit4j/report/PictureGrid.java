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
    private static final int TITLE_GAP = 6;
    private static final int MOST_TITLE_LINES = 4;
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
        float[] values = data.labels(row);
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

    /** At most 100 rows of a data set, four per line. */
    static BufferedImage draw(ArrowDataset data, int[] rows) {
        int[] shown = Arrays.copyOf(rows, Math.min(rows.length, MOST));
        FontMetrics metrics = metrics();
        List<List<String>> titles = Arrays.stream(shown)
                .mapToObj(row -> title(labelsOf(data, row), metrics))
                .toList();
        int lines = Math.max(1, (shown.length + COLUMNS - 1) / COLUMNS);
        int[] top = new int[lines + 1]; // of each line of pictures, above the room for their titles
        int[] titleLines = new int[lines];
        top[0] = GAP;
        for (int i = 0; i < shown.length; i++) {
            titleLines[i / COLUMNS] =
                    Math.max(titleLines[i / COLUMNS], titles.get(i).size());
        }
        for (int line = 0; line < lines; line++) {
            top[line + 1] = top[line] + titleLines[line] * LINE + TITLE_GAP + TILE + GAP;
        }
        BufferedImage image = new BufferedImage(GAP + COLUMNS * (TILE + GAP), top[lines], BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = Canvas.smooth(image);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
        graphics.setColor(Canvas.INK);
        graphics.setFont(metrics.getFont());
        for (int i = 0; i < shown.length; i++) {
            int left = GAP + i % COLUMNS * (TILE + GAP);
            int under = top[i / COLUMNS] + titleLines[i / COLUMNS] * LINE + TITLE_GAP;
            List<String> title = titles.get(i);
            int baseline = under - TITLE_GAP - title.size() * LINE + metrics.getAscent();
            for (String line : title) {
                graphics.drawString(line, left + (TILE - metrics.stringWidth(line)) / 2, baseline);
                baseline += LINE;
            }
            BufferedImage picture = Canvas.image(data.get(shown[i]).picture());
            double scale = Math.min((double) TILE / picture.getWidth(), (double) TILE / picture.getHeight());
            int w = (int) Math.max(1, Math.round(picture.getWidth() * scale));
            int h = (int) Math.max(1, Math.round(picture.getHeight() * scale));
            graphics.drawImage(picture, left + (TILE - w) / 2, under, w, h, null);
        }
        graphics.dispose();
        return image;
    }

    private static FontMetrics metrics() {
        Graphics2D graphics = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
        try {
            return graphics.getFontMetrics(Canvas.font(Font.BOLD, 16));
        } finally {
            graphics.dispose();
        }
    }

    /** The labels over as many lines as they need, broken between labels. */
    private static List<String> title(List<String> labels, FontMetrics metrics) {
        List<String> lines = new ArrayList<>(List.of(""));
        for (String label : labels.isEmpty() ? List.of("(none)") : labels) {
            String line = lines.get(lines.size() - 1);
            String longer = line.isEmpty() ? label : line + ", " + label;
            boolean fits = line.isEmpty() || metrics.stringWidth(longer + ",") <= TILE;
            if (fits || lines.size() == MOST_TITLE_LINES) {
                lines.set(lines.size() - 1, longer);
            } else {
                lines.set(lines.size() - 1, line + ",");
                lines.add(label);
            }
        }
        lines.replaceAll(line -> Canvas.fitting(line, metrics, TILE));
        return lines;
    }
}
