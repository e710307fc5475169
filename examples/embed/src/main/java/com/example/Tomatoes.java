package com.example;

import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.DataFolder;
import io.vit4j.data.PrepareDataset;
import io.vit4j.data.Problems;
import io.vit4j.data.Split;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageProcessor;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.infer.LabelScore;
import io.vit4j.metrics.Metrics;
import io.vit4j.metrics.SingleLabelMetrics;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.train.Trainer;
import io.vit4j.train.arguments.TrainingArguments;
import java.nio.file.Path;
import java.util.List;

/** Trains a classifier on a folder of pictures, one folder within for each class, and classifies a picture with it. */
public final class Tomatoes {
    private static final int SIZE = 32;

    /** Small enough to learn in seconds. {@code Pretrained.load} is there for a checkpoint of Hugging Face's. */
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
        Path dataset = work.resolve("dataset");
        Problems problems = new Problems();
        ImageProcessor processor = ImageProcessor.defaults().withSize(SIZE, SIZE);
        try (DataFolder folder =
                DataFolder.builder(photos).problems(problems).open()) {
            PrepareDataset.builder(folder.labels(), folder.images(), dataset)
                    .problems(problems)
                    .split(Split.byFraction(0.2, 0, Split.By.IMAGE, 7))
                    .processor(processor, DecodeOptions.DEFAULT)
                    .run(Progress.NONE);
        }
        TrainingArguments arguments = TrainingArguments.builder()
                .outputDir(work.resolve("tuned"))
                .numTrainEpochs(10)
                .perDeviceTrainBatchSize(16)
                .learningRate(2e-3)
                .lrSchedulerType("cosine")
                .loggingSteps(25)
                .build();
        ModelDefinition config = ModelDefinition.of(JsonObject.parse(MODEL, "the model's shape"));
        try (ArrowDataset data = ArrowDataset.open(dataset);
                VisionModel model = VisionModel.fromScratch(
                        config.withLabels(data.labels().names(), data.info().problemType()),
                        processor,
                        Device.CPU,
                        arguments.seed());
                Trainer trainer = Trainer.builder(model, arguments)
                        .trainDataset(data.split(Split.TRAIN))
                        .evalDataset(data.split(Split.VALIDATION))
                        .metrics(new SingleLabelMetrics(data.labels().names()))
                        .build()) {
            trainer.train();
            Metrics evaluated = trainer.evaluate();
            trainer.saveModel();
            return evaluated.get("eval_accuracy");
        }
    }
}
