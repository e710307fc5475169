package io.vit4j.hub;

import io.vit4j.base.JsonObject;

/** Weights of another library's files as transformers would have written them. */
final class FormattedWeights extends NamedTensors {
    private final WeightSource files;

    private FormattedWeights(WeightSource files, CheckpointFormat format, JsonObject config) {
        super(files.description());
        this.files = files;
        CheckpointFormats.explained(files.description(), () -> format.weights(config, files.tensors()))
                .forEach(tensor -> add(tensor.name(), tensor));
    }

    static WeightSource over(WeightSource files, CheckpointFormat format, JsonObject config) {
        try {
            return new FormattedWeights(files, format, config);
        } catch (RuntimeException | Error e) {
            files.close();
            throw e;
        }
    }

    @Override
    public void close() {
        files.close();
    }
}
