package io.vit4j;

import io.vit4j.base.Progress;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;

/** Dark and light squares of 32x32 pixels, up to four a patient, with a label file that names patients and splits. */
final class PatientPictures {
    static final int PATIENTS = 20;

    private PatientPictures() {}

    /**
     * Draws pictures and prepares them.
     *
     * @param testSeed of the pictures of the test split; those of the others are always the same
     * @return the patient of each picture
     */
    static Map<String, String> prepare(Path pictures, Path dataset, long testSeed) throws IOException {
        Map<String, String> patients = new LinkedHashMap<>();
        Files.createDirectories(pictures);
        StringBuilder csv = new StringBuilder("file,finding,who,part\n");
        for (int patient = 0; patient < PATIENTS; patient++) {
            String split = patient < 12 ? "train" : patient < 16 ? "validation" : "test";
            Random random = new Random(split.equals("test") ? testSeed + patient : patient);
            for (int i = 0; i <= patient % 4; i++) {
                String file = "p" + patient + "-" + i + ".png";
                boolean light = random.nextBoolean();
                BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
                int[] pixels = random.ints(32 * 32, 0, 180)
                        .map(p -> p + (light ? 60 : 0))
                        .toArray();
                image.getRaster().setPixels(0, 0, 32, 32, pixels);
                ImageIO.write(image, "png", pictures.resolve(file).toFile());
                csv.append(file).append(light ? ",light," : ",dark,");
                csv.append("no. ").append(patient).append(',').append(split).append('\n');
                patients.put(file, "no. " + patient);
            }
        }
        Path labels = Files.writeString(pictures.resolveSibling(pictures.getFileName() + ".csv"), csv);
        Vit4j.prepare(pictures)
                .labels(labels)
                .columns(new CsvLabelFile.Columns("file", new CsvLabelFile.OneLabel("finding"))
                        .patient("who")
                        .split("part"))
                .imageSize(32, 32)
                .output(dataset)
                .run(Progress.NONE);
        return patients;
    }

    /** A small model on them, for few steps. */
    static FineTuneRequest recipe(Path dataset, Path output) {
        return Vit4j.fromScratch(
                        ModelDefinition.of(SmallModels.vit(16, 2, 2, 24, 32, 16).with("initializer_range", 0.1)))
                .on(dataset)
                .epochs(2)
                .learningRate(2e-3)
                .arguments(more -> more.perDeviceTrainBatchSize(8)
                        .threads(1)
                        .set("dtype", "float32")
                        .set("save_strategy", "no"))
                .output(output);
    }
}
