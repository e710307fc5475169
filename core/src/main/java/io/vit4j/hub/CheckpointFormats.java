package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/** The formats on the class path. */
public final class CheckpointFormats {
    private CheckpointFormats() {}

    private static final class Found {
        static final List<CheckpointFormat> ALL =
                ServiceLoader.load(CheckpointFormat.class, CheckpointFormat.class.getClassLoader()).stream()
                        .map(ServiceLoader.Provider::get)
                        .toList();
    }

    /** The format of a folder with that {@code config.json}; empty if it is transformers' own. */
    static Optional<CheckpointFormat> of(JsonObject config) {
        return Found.ALL.stream().filter(format -> format.reads(config)).findFirst();
    }

    /** A {@code config.json} as transformers writes it, whoever wrote it; InputException that names the file. */
    public static JsonObject asTransformers(JsonObject config) {
        return of(config)
                .map(format -> explained(config.source(), () -> format.config(config)))
                .orElse(config);
    }

    /** Has every fault say which file it is in. */
    static <T> T explained(String source, Supplier<T> work) {
        try {
            return work.get();
        } catch (InputException e) {
            throw e.getMessage().startsWith(source) ? e : new InputException(source + ": " + e.getMessage(), e);
        }
    }
}
