package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.infer.Decision;
import io.vit4j.infer.Ensemble;
import io.vit4j.metrics.EvalPrediction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Which models are asked together: those that were named, or those of the one folder that was named, if it is an ensemble's.
 *
 * @param models to ask
 * @param kept the ensemble of the folder that was named; empty if models were
 * @param weights that were asked for; empty: those of the folder, or equal ones
 */
record EnsembleChoice(List<Path> models, Optional<Kept> kept, Optional<String> weights) {
    /** An ensemble and its folder. */
    record Kept(Path folder, Ensemble ensemble) {}

    static EnsembleChoice of(List<Path> named, Optional<String> weights) {
        if (named.size() > 1) {
            named.stream().filter(EnsembleChoice::isEnsemble).findFirst().ifPresent(folder -> {
                throw InputException.in(folder, "is an ensemble already; name its models, or it alone");
            });
            return new EnsembleChoice(named, Optional.empty(), weights);
        }
        Path folder = named.get(0);
        Optional<Ensemble> ensemble = Ensemble.read(folder);
        if (ensemble.isEmpty() && weights.isPresent()) {
            throw new InputException("--ensemble-weights is for several models; give --model more than once");
        }
        return ensemble.map(found -> new EnsembleChoice(found.models(), Optional.of(new Kept(folder, found)), weights))
                .orElseGet(() -> new EnsembleChoice(named, Optional.empty(), weights));
    }

    private static boolean isEnsemble(Path folder) {
        return Files.exists(folder.resolve(Ensemble.FILE));
    }

    boolean isOne() {
        return models.size() == 1 && kept.isEmpty();
    }

    /** The folder that stands for all of them. */
    Path folder(Optional<Path> output) {
        if (kept.isPresent()) {
            return output.orElse(kept.get().folder());
        }
        Path folder = output.orElseThrow(() ->
                new InputException("several models are evaluated as an ensemble; name a folder for it with --output"));
        if (Files.exists(folder.resolve("config.json"))) {
            throw InputException.in(folder, "contains a model; name another folder for the ensemble with --output");
        }
        return folder;
    }

    /** @param validation the models' predictions of the validation split, asked for only if weights are fitted */
    Ensemble weighted(Supplier<List<EvalPrediction>> validation) {
        if (weights.isEmpty()) {
            return kept.map(Kept::ensemble).orElseGet(() -> Ensemble.equal(models));
        }
        return switch (weights.get()) {
            case Ensemble.EQUAL -> Ensemble.equal(models);
            case Ensemble.FITTED -> Ensemble.fitted(models, validation.get());
            default -> Ensemble.given(models, weights.get());
        };
    }

    /** Writes the ensemble into its folder. A decision that was fitted to another one there does not hold for it. */
    void keep(Path folder, Ensemble weighted) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be created (" + e.getMessage() + "); check its permissions", e);
        }
        boolean same = Ensemble.read(folder)
                .filter(before -> absolute(before).equals(absolute(weighted))
                        && before.weights().equals(weighted.weights()))
                .isPresent();
        if (!same) {
            DurableFiles.SYSTEM.delete(folder.resolve(Decision.FILE));
        }
        weighted.write(DurableFiles.SYSTEM, folder);
    }

    private static List<Path> absolute(Ensemble ensemble) {
        return ensemble.models().stream()
                .map(model -> model.toAbsolutePath().normalize())
                .toList();
    }
}
