package io.vit4j.hub;

import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/** Weights of files made over: each may come of one of a file, of a part of one, or of several. */
final class ConvertedWeights extends NamedTensors {
    private final WeightSource files;

    private ConvertedWeights(WeightSource files, Function<Collection<StoredTensor>, List<StoredTensor>> conversion) {
        super(files.description());
        this.files = files;
        CheckpointFormats.explained(files.description(), () -> conversion.apply(files.tensors()))
                .forEach(tensor -> add(tensor.name(), tensor));
    }

    static WeightSource over(WeightSource files, Function<Collection<StoredTensor>, List<StoredTensor>> conversion) {
        try {
            return new ConvertedWeights(files, conversion);
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
