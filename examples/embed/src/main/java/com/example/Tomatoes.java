package com.example;

import io.vit4j.Tuned;
import io.vit4j.Vit4j;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.Split;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.LabelScore;
import io.vit4j.model.ModelDefinition;
import java.nio.file.Path;
import java.util.List;

/** Trains a classifier on a folder of pictures, one folder within for each class, and classifies a picture with it. */
public final class Tomatoes {
    /** Small enough to learn in seconds. {@code Vit4j.fineTune} starts from a checkpoint of Hugging Face's. */
    private static final String MODEL = """
            {"model_type": "vit", "hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 3,
             "intermediate_size": 96, "initializer_range": 0.06, "image_size": 32, "patch_size": 8}
            """;

    private Tomatoes() {}

    /** {@code Tomatoes PHOTOS WORK PICTURE...}: trains on PHOTOS, keeps everything in WORK, names each PICTURE. */
    public static void main(String[] args) {
        Path photos = Path.of(args[0]);
        Path work = Path.of(args[1]);
        System.out.printf("accuracy %.3f%n", train(photos, work));
        try (ImageClassifier classifier = ImageClassifier.load(work.resolve("tuned"))) {
            for (String picture : List.of(args).subList(2, args.length)) {
                LabelScore best = classifier.classify(Path.of(picture)).get(0);
                System.out.printf("%s: %s (%.1f%%)%n", picture, best.label(), 100 * best.score());
            }
        }
    }

    /** Prepares, trains and saves; returns the accuracy on the fifth of the pictures that was kept for validation. */
    static double train(Path photos, Path work) {
        Tuned tuned = Vit4j.fromScratch(ModelDefinition.of(JsonObject.parse(MODEL, "the model's shape")))
                .on(photos, prepare -> prepare.split(Split.byFraction(0.2, 0, Split.By.IMAGE, 7)))
                .epochs(10)
                .learningRate(2e-3)
                .arguments(more -> more.perDeviceTrainBatchSize(16).lrSchedulerType("cosine").loggingSteps(25))
                .output(work.resolve("tuned"))
                .run(Progress.NONE);
        return tuned.evaluated().get("eval_accuracy");
    }
}
