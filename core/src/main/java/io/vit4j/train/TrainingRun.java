package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.data.Dataset;
import io.vit4j.data.ProblemType;
import io.vit4j.model.ViTForImageClassification;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.walk.Loss;
import io.vit4j.walk.Losses;
import java.util.function.Predicate;

/** What arguments, model and machine come to: the choices a run is made of, resolved once. */
final class TrainingRun {
    /** Samples a lane walks at a time: more leave the cache, fewer do not fill a product. */
    private static final int PIECE = 4;

    private TrainingRun() {}

    /** The type products are computed in: what was asked for, or bfloat16 where the processor multiplies it. */
    static Dtype dtype(TrainingArguments arguments, Device device) {
        return switch (arguments.dtype()) {
            case FLOAT32 -> Dtype.FLOAT32;
            case BFLOAT16 -> Dtype.BFLOAT16;
            case FLOAT16 -> Dtype.FLOAT16;
            case AUTO -> !device.isCpu() || TorchRuntime.cpuHasBfloat16() ? Dtype.BFLOAT16 : Dtype.FLOAT32;
        };
    }

    static Dtype evalDtype(TrainingArguments arguments, Dtype training) {
        return arguments
                .evalDtype()
                .map(precision -> precision == TrainingArguments.Precision.FLOAT16 ? Dtype.FLOAT16 : Dtype.BFLOAT16)
                .orElse(training);
    }

    /** Names of weights that are not trained. */
    static Predicate<String> frozen(TrainingArguments arguments) {
        return arguments.freezeBackbone() ? name -> !name.startsWith("classifier.") : name -> false;
    }

    static LocalEngine.Settings settings(
            TrainingArguments arguments, ViTForImageClassification model, Dtype dtype, Device device) {
        int threads = arguments.threads().orElse(TorchRuntime.threads());
        int lanes = device.isCpu() ? threads : 1;
        int piece = arguments.walkMicroBatch().orElse(device.isCpu() ? PIECE : Integer.MAX_VALUE);
        int trainedFrom = arguments.freezeBackbone() ? ViTForImageClassification.blockCount(model.config()) - 1 : 0;
        return new LocalEngine.Settings(
                dtype, evalDtype(arguments, dtype), lanes, piece, arguments.gradientCheckpointing(), trainedFrom);
    }

    /** The loss that the arguments name, or that the model's kind of labels asks for, as transformers chooses. */
    static Loss loss(TrainingArguments arguments, ViTForImageClassification model, Dataset data) {
        ProblemType type = model.config().problemType().orElseGet(() -> problemType(model, data));
        return switch (arguments.loss()) {
            case AUTO ->
                type == ProblemType.SINGLE_LABEL
                        ? new Losses.CrossEntropy(arguments.labelSmoothingFactor())
                        : Losses.of(type);
            case BCE -> new Losses.BinaryCrossEntropy();
            case CROSS_ENTROPY -> new Losses.CrossEntropy(arguments.labelSmoothingFactor());
            case MSE -> new Losses.MeanSquaredError();
            default -> throw new InputException("loss " + arguments.loss() + " is not known to this trainer");
        };
    }

    /** Where the checkpoint does not say: one logit is regression, one class number a sample single-label. */
    private static ProblemType problemType(ViTForImageClassification model, Dataset data) {
        int labels = model.config().labels().size();
        if (labels == 1) {
            return ProblemType.REGRESSION;
        }
        int values = data.get(0).labels().length;
        return values == 1 ? ProblemType.SINGLE_LABEL : ProblemType.MULTI_LABEL;
    }
}
