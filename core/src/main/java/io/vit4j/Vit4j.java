package io.vit4j;

import io.vit4j.data.DataFolderOptions;
import io.vit4j.data.ImageSource;
import io.vit4j.model.ModelDefinition;
import io.vit4j.search.Search;
import java.nio.file.Path;
import java.util.List;

/**
 * The whole job: from a folder of pictures to a tuned model and its numbers, as the command does it.
 *
 * <pre>{@code
 * Tuned tuned = Vit4j.fineTune("google/vit-base-patch16-224-in21k")
 *         .on(Path.of("photos"))
 *         .epochs(3)
 *         .learningRate(2e-4)
 *         .output(Path.of("tuned"))
 *         .run(Progress.NONE);
 * System.out.println(tuned.evaluation().orElseThrow().rocAuc().macro());
 * }</pre>
 *
 * Each request has defaults for all that is not said; what its methods give back is itself.
 */
public final class Vit4j {
    private Vit4j() {}

    /** Makes a data set of a folder or an archive of pictures with their labels. */
    public static PrepareRequest prepare(Path pictures) {
        return prepare(pictures.toString());
    }

    /**
     * The same, also of a data set on the hub.
     *
     * @param pictures the path of a folder or an archive, or {@code hf:OWNER/NAME[@REVISION][/CONFIGURATION]}
     */
    public static PrepareRequest prepare(String pictures) {
        return new PrepareRequest(pictures);
    }

    /** The same of pictures that lie anywhere else; their label file, if there is one, is named ({@link DataFolderOptions#labelFile(String, byte[])}). */
    public static PrepareRequest prepare(ImageSource pictures) {
        return new PrepareRequest(pictures);
    }

    /** Fine-tunes a checkpoint: a Hugging Face folder, a name on the hub, or a {@code .npz} or {@code .pt} file. */
    public static FineTuneRequest fineTune(String checkpoint) {
        return new FineTuneRequest(new FineTuneRequest.FromCheckpoint(checkpoint));
    }

    /** Fine-tunes the checkpoint in a folder. */
    public static FineTuneRequest fineTune(Path checkpoint) {
        return fineTune(checkpoint.toString());
    }

    /** Trains a new model. Its labels, and the size of its pictures, become those of the data set. */
    public static FineTuneRequest fromScratch(ModelDefinition model) {
        return new FineTuneRequest(new FineTuneRequest.FromScratch(model));
    }

    /**
     * Pretrains a ViT on pictures without labels, from a checkpoint on: a Hugging Face folder, a name on the hub, or a {@code .npz} or
     * {@code .pt} file.
     */
    public static PretrainRequest pretrain(String checkpoint) {
        return new PretrainRequest(fineTune(checkpoint));
    }

    /** Pretrains the checkpoint in a folder further. */
    public static PretrainRequest pretrain(Path checkpoint) {
        return pretrain(checkpoint.toString());
    }

    /** Pretrains a new model on pictures without labels; the size of its pictures becomes that of the data set. */
    public static PretrainRequest pretrain(ModelDefinition model) {
        return new PretrainRequest(fromScratch(model));
    }

    /**
     * Trains a model for every fold of the data set as a request says, and measures each on the pictures that it has not seen.
     *
     * @param recipe model, data, arguments and output folder; it stays as it is
     */
    public static CrossValidateRequest crossValidate(FineTuneRequest recipe) {
        return new CrossValidateRequest(recipe);
    }

    /**
     * Trains as a request says, with one setting after another, and compares them on the validation split.
     *
     * @param recipe model, data, arguments and output folder; it stays as it is
     */
    public static SweepRequest sweep(FineTuneRequest recipe, Search search) {
        return new SweepRequest(recipe, search);
    }

    /** Measures the tuned model in a folder. */
    public static EvaluateRequest evaluate(Path model) {
        return evaluate(List.of(model));
    }

    /** Measures several tuned models as an ensemble, which needs an output folder; or the one model, or ensemble, that is named. */
    public static EvaluateRequest evaluate(List<Path> models) {
        return new EvaluateRequest(models);
    }

    /**
     * Merges an adapter into the model that it adapts.
     *
     * @param adapter a folder, or a name on the hub
     */
    public static MergeRequest merge(String adapter) {
        return new MergeRequest(adapter);
    }

    /**
     * Writes a model as an ONNX graph.
     *
     * @param checkpoint a folder, or a name on the hub; an adapter is merged into its model
     */
    public static ExportRequest export(String checkpoint) {
        return new ExportRequest(checkpoint);
    }

    /** Scores pictures with the tuned model in a folder. */
    public static PredictRequest predict(Path model) {
        return predict(List.of(model));
    }

    /** Scores pictures with several tuned models as an ensemble, or with the one model, or ensemble, that is named. */
    public static PredictRequest predict(List<Path> models) {
        return new PredictRequest(models);
    }
}
