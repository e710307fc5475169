package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A file of weights without a {@code config.json}, as authors publish them beside their code. What model it is, a {@link CheckpointFormat}
 * tells by the names and shapes of its tensors.
 */
final class WeightsAlone {
    private static final List<String> ENDINGS = List.of(".npz", ".pt", ".pth");

    private WeightsAlone() {}

    /** Whether a file is named like one. */
    static boolean isNamed(Path file) {
        String name =
                file.getFileName() == null ? "" : file.getFileName().toString().toLowerCase(Locale.ROOT);
        return ENDINGS.stream().anyMatch(name::endsWith);
    }

    /** The file itself, or that of a folder which has neither a {@code config.json} nor a second one; empty if it is something else. */
    static Optional<Path> of(Path fileOrFolder) {
        if (Files.isRegularFile(fileOrFolder)) {
            return Optional.of(fileOrFolder).filter(WeightsAlone::isNamed);
        }
        if (!Files.isDirectory(fileOrFolder) || Files.exists(fileOrFolder.resolve(CheckpointFiles.CONFIG))) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(fileOrFolder)) {
            List<Path> found = files.filter(WeightsAlone::isNamed).sorted().toList();
            if (found.size() > 1) {
                throw InputException.in(
                        fileOrFolder,
                        "contains several files of weights without a " + CheckpointFiles.CONFIG + "; name one of them: "
                                + found.get(0) + ", " + found.get(1) + (found.size() > 2 ? ", ..." : ""));
            }
            return found.stream().findFirst();
        } catch (IOException e) {
            throw InputException.in(
                    fileOrFolder, "cannot be listed (" + IoReason.of(e) + "); check its permissions", e);
        }
    }

    /** What stands for its {@code config.json}: {@code {"tensors": {NAME: [SIZE, ...], ...}}}. */
    static JsonObject config(Path file) {
        try (WeightSource weights = CheckpointFiles.openFile(file)) {
            Map<String, List<Long>> shapes = new LinkedHashMap<>();
            weights.tensors()
                    .forEach(tensor -> shapes.put(
                            tensor.name(), Arrays.stream(tensor.shape()).boxed().toList()));
            JsonObject config = JsonObject.parse("{}", file.toString()).with(CheckpointFormat.TENSORS, shapes);
            if (CheckpointFormats.of(config).isEmpty()) {
                throw InputException.in(
                        file,
                        "is of no model that is known by the names of its weights alone, such as "
                                + shapes.keySet().stream().findFirst().orElse("none") + "; name a folder with a "
                                + CheckpointFiles.CONFIG + " beside its weights");
            }
            return config;
        }
    }
}
