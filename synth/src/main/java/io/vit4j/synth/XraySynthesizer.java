package io.vit4j.synth;

import io.vit4j.base.RandomKey;
import io.vit4j.image.Picture;
import java.util.List;

/**
 * Draws chest X-rays. Every structure is a thickness that weakens the beam; thicknesses add up as they do in a body, and
 * a tone curve turns the sum into grey. A picture is a function of the seed and its {@link Study} alone.
 *
 * <p>Holds the drawing's working memory (about 7 MB), so give each thread its own.
 */
public final class XraySynthesizer {
    /** Width and height of every picture, as in the NIH release. */
    public static final int SIDE = 1024;

    private final long seed;
    private final AttenuationMap canvas = new AttenuationMap();

    /** @param seed chooses the patients; the same seed always gives the same ones */
    public XraySynthesizer(long seed) {
        this.seed = seed;
    }

    /** One grey picture of {@link #SIDE} squared pixels. */
    public Picture draw(Study study) {
        RandomKey patient = study.patientKey(seed);
        RandomKey picture = study.pictureKey(seed);
        Thorax thorax = Thorax.of(study, seed);
        List<Sign> signs = Sign.of(study.findings(), patient, picture);
        signs.forEach(sign -> sign.shape(thorax));
        thorax.trace();
        Lungs lungs = new Lungs(thorax);
        signs.forEach(sign -> sign.fill(thorax, lungs));
        canvas.widen(Tissue.paint(thorax, lungs, patient, picture));
        Bones.paint(thorax, canvas, patient, picture);
        Vessels.paint(thorax, lungs, canvas, patient);
        signs.forEach(sign -> sign.draw(thorax, lungs, canvas));
        Devices.paint(thorax, canvas, picture);
        byte[] pixels = new Exposure(study, picture).develop(canvas, SIDE);
        Frame.paint(pixels, SIDE, study, picture);
        return new Picture(SIDE, SIDE, 1, pixels);
    }
}
