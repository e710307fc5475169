package io.vit4j.report;

import io.vit4j.data.ArrowDataset;
import io.vit4j.data.Split;
import io.vit4j.image.Picture;
import io.vit4j.infer.Reconstruction;
import io.vit4j.torch.Device;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Held-back pictures as a masked autoencoder sees them, as it completes them, and as they are: each line one picture. */
final class ReconstructionSheet {
    private static final List<String> TITLES = List.of("masked", "reconstruction", "original");
    private static final int LINES = 6;
    private static final int TILE = 220;
    private static final int GAP = 6;
    private static final int TITLE = 26;
    private static final float QUALITY = 0.85f;

    private ReconstructionSheet() {}

    /** As JPEG; empty if no pictures were held back. */
    static Optional<byte[]> of(Path autoencoder, ArrowDataset data, Device device) {
        int heldBack = data.rows(Split.VALIDATION).length;
        int lines = Math.min(LINES, heldBack);
        if (lines == 0) {
            return Optional.empty();
        }
        int[] samples = new int[lines];
        Arrays.setAll(samples, line -> line * heldBack / lines);
        return Optional.of(Canvas.jpeg(
                draw(Reconstruction.of(autoencoder, data.split(Split.VALIDATION), data.info(), samples, device)),
                QUALITY));
    }

    private static BufferedImage draw(List<Reconstruction> reconstructions) {
        BufferedImage sheet = new BufferedImage(
                GAP + TITLES.size() * (TILE + GAP),
                TITLE + reconstructions.size() * (TILE + GAP),
                BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = Canvas.smooth(sheet);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
        graphics.setColor(Canvas.INK);
        graphics.setFont(Canvas.font(Font.BOLD, 13));
        for (int column = 0; column < TITLES.size(); column++) {
            graphics.drawString(TITLES.get(column), GAP + column * (TILE + GAP), TITLE - 8);
        }
        for (int line = 0; line < reconstructions.size(); line++) {
            Reconstruction one = reconstructions.get(line);
            List<Picture> pictures = List.of(one.masked(), one.predicted(), one.original());
            for (int column = 0; column < pictures.size(); column++) {
                graphics.drawImage(
                        Canvas.image(pictures.get(column)),
                        GAP + column * (TILE + GAP),
                        TITLE + line * (TILE + GAP),
                        TILE,
                        TILE,
                        null);
            }
        }
        graphics.dispose();
        return sheet;
    }
}
