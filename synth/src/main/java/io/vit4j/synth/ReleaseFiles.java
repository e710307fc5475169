package io.vit4j.synth;

import io.vit4j.base.RandomKey;
import java.util.List;
import java.util.function.IntPredicate;

/** The text files of a release, as NIH writes them. */
final class ReleaseFiles {
    private static final String HEADER = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,"
            + "View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\r\n";

    private ReleaseFiles() {}

    /** The label file, a row a picture. */
    static String labels(List<Study> plan, long seed) {
        StringBuilder text = new StringBuilder(HEADER);
        for (Study study : plan) {
            text.append(study.fileName()).append(',');
            text.append(Finding.cell(study.findings())).append(',');
            text.append(study.followUp()).append(',');
            text.append(study.patient()).append(',');
            text.append(study.age()).append(',');
            text.append(study.female() ? 'F' : 'M').append(',');
            text.append(study.portable() ? "AP" : "PA").append(',');
            text.append(plate(study, seed)).append("\r\n");
        }
        return text.toString();
    }

    /** Width, height and pixel spacing (mm) of the plates that the release's pictures were reduced from. */
    private static String plate(Study study, long seed) {
        RandomKey.Stream random = study.pictureKey(seed).with("plate").stream();
        double share = random.nextDouble();
        if (study.portable()) {
            return share < 0.85 ? "2500,2048,0.168,0.168" : "2048,2500,0.168,0.168";
        }
        if (share < 0.45) {
            return "2992,2991,0.143,0.143";
        }
        return share < 0.75 ? "2500,2048,0.171,0.171" : "2048,2500,0.171,0.171";
    }

    /** The names of the pictures of the chosen patients, a line each. */
    static String list(List<Study> plan, IntPredicate chosen) {
        StringBuilder text = new StringBuilder();
        for (Study study : plan) {
            if (chosen.test(study.patient())) {
                text.append(study.fileName()).append('\n');
            }
        }
        return text.toString();
    }
}
