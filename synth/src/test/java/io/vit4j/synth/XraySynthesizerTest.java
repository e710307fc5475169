package io.vit4j.synth;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.image.Picture;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class XraySynthesizerTest {
    private static final int SIDE = XraySynthesizer.SIDE;
    private static final long SEED = 42;

    private final XraySynthesizer synthesizer = new XraySynthesizer(SEED);

    private static Study healthy(int patient) {
        return new Study(patient, 0, 50, false, false, Set.of());
    }

    private static double mean(Picture picture, double x0, double y0, double x1, double y1) {
        long sum = 0;
        int count = 0;
        for (int y = (int) (y0 * SIDE); y < y1 * SIDE; y++) {
            for (int x = (int) (x0 * SIDE); x < x1 * SIDE; x++) {
                sum += picture.pixels()[y * SIDE + x] & 255;
                count++;
            }
        }
        return sum / (double) count;
    }

    /** Mean absolute difference in a part of the picture. */
    private static double difference(Picture a, Picture b, double x0, double y0, double x1, double y1) {
        long sum = 0;
        int count = 0;
        for (int y = (int) (y0 * SIDE); y < y1 * SIDE; y++) {
            for (int x = (int) (x0 * SIDE); x < x1 * SIDE; x++) {
                sum += Math.abs((a.pixels()[y * SIDE + x] & 255) - (b.pixels()[y * SIDE + x] & 255));
                count++;
            }
        }
        return sum / (double) count;
    }

    @Test
    void aPictureIsAFunctionOfSeedAndStudyAlone() {
        Study study = healthy(3).with(Set.of(Finding.FIBROSIS, Finding.MASS));
        Picture first = synthesizer.draw(study);
        synthesizer.draw(healthy(4).with(EnumSet.allOf(Finding.class)));
        assertThat(synthesizer.draw(study).pixels()).isEqualTo(first.pixels());
        assertThat(new XraySynthesizer(SEED).draw(study).pixels()).isEqualTo(first.pixels());
        assertThat(new XraySynthesizer(SEED + 1).draw(study).pixels()).isNotEqualTo(first.pixels());
        assertThat(first.width()).isEqualTo(1024);
        assertThat(first.height()).isEqualTo(1024);
        assertThat(first.channels()).isEqualTo(1);
    }

    @Test
    void lungsAreDarkBetweenBrightMediastinumAndAbdomen() {
        for (int patient = 1; patient <= 8; patient++) {
            Picture picture = synthesizer.draw(healthy(patient));
            double right = mean(picture, 0.24, 0.35, 0.32, 0.5);
            double left = mean(picture, 0.70, 0.35, 0.78, 0.5);
            double spine = mean(picture, 0.47, 0.45, 0.53, 0.6);
            double abdomen = mean(picture, 0.4, 0.85, 0.6, 0.95);
            assertThat(Math.max(left, right)).as("patient " + patient).isLessThan(130);
            assertThat(Math.min(spine, abdomen)).as("patient " + patient).isGreaterThan(175);
        }
    }

    @Test
    void followUpsShareThePatientsAnatomyMoreThanStrangersDo() {
        double same = 0;
        double other = 0;
        for (int patient = 1; patient <= 10; patient++) {
            Picture first = synthesizer.draw(healthy(patient));
            Picture again = synthesizer.draw(new Study(patient, 1, 50, false, false, Set.of()));
            Picture stranger = synthesizer.draw(new Study(patient + 100, 1, 50, false, false, Set.of()));
            same += difference(first, again, 0.1, 0.1, 0.9, 0.9);
            other += difference(first, stranger, 0.1, 0.1, 0.9, 0.9);
        }
        assertThat(same).isLessThan(0.9 * other);
    }

    @ParameterizedTest
    @EnumSource(Finding.class)
    void aFindingChangesThePictureWhereItShouldAndHardlyElsewhere(Finding finding) {
        double chest = 0;
        double outside = 0;
        int patients = 4;
        for (int patient = 1; patient <= patients; patient++) {
            Picture without = synthesizer.draw(healthy(patient));
            Picture with = synthesizer.draw(healthy(patient).with(Set.of(finding)));
            double[] where = region(finding);
            chest += difference(without, with, where[0], where[1], where[2], where[3]);
            outside += difference(without, with, 0, 0, 1, 0.05) + difference(without, with, 0, 0.94, 1, 1);
        }
        assertThat(chest / patients).as("in its region").isGreaterThan(2);
        assertThat(outside).as("at the top and bottom edges").isLessThan(0.5 * chest);
    }

    /** Left, top, right, bottom of where the finding must show. */
    private static double[] region(Finding finding) {
        return switch (finding) {
            case CARDIOMEGALY -> new double[] {0.3, 0.45, 0.85, 0.75};
            case EDEMA -> new double[] {0.2, 0.3, 0.8, 0.7};
            case EFFUSION -> new double[] {0.12, 0.6, 0.88, 0.85};
            case FIBROSIS -> new double[] {0.12, 0.5, 0.88, 0.8};
            case HERNIA -> new double[] {0.42, 0.55, 0.68, 0.8};
            case PLEURAL_THICKENING -> new double[] {0.1, 0.1, 0.9, 0.6};
            case CONSOLIDATION, NODULE -> new double[] {0.15, 0.15, 0.85, 0.5};
            case PNEUMONIA, ATELECTASIS -> new double[] {0.15, 0.45, 0.85, 0.8};
            case MASS -> new double[] {0.15, 0.3, 0.85, 0.65};
            case INFILTRATION, EMPHYSEMA, PNEUMOTHORAX -> new double[] {0.15, 0.15, 0.85, 0.75};
        };
    }

    @Test
    void opacitiesBrightenAndAirDarkens() {
        double[] brighter = new double[Finding.values().length];
        for (int patient = 1; patient <= 6; patient++) {
            double before = mean(synthesizer.draw(healthy(patient)), 0.15, 0.2, 0.85, 0.75);
            for (Finding finding :
                    new Finding[] {Finding.EDEMA, Finding.PNEUMONIA, Finding.EFFUSION, Finding.EMPHYSEMA}) {
                Picture with = synthesizer.draw(healthy(patient).with(Set.of(finding)));
                brighter[finding.ordinal()] += mean(with, 0.15, 0.2, 0.85, 0.75) - before;
            }
        }
        assertThat(brighter[Finding.EDEMA.ordinal()]).isPositive();
        assertThat(brighter[Finding.PNEUMONIA.ordinal()]).isPositive();
        assertThat(brighter[Finding.EFFUSION.ordinal()]).isPositive();
        assertThat(brighter[Finding.EMPHYSEMA.ordinal()]).isNegative();
    }
}
