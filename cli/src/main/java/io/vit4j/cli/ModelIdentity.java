package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.Sha256;
import io.vit4j.dicom.result.Algorithm;
import io.vit4j.hub.FolderManifest;
import io.vit4j.infer.Decision;
import io.vit4j.infer.Ensemble;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What tells one tuned model from another: a digest of its weights, its configuration and its decision. */
final class ModelIdentity {
    private static final int DIGITS = 16;
    private static final List<String> SETTINGS =
            List.of("config.json", "preprocessor_config.json", "adapter_config.json", Decision.FILE, Ensemble.FILE);
    private static final List<String> WEIGHTS = List.of(".safetensors", ".bin", ".npz", ".pt", ".pth");

    private ModelIdentity() {}

    /**
     * A model, or several that are an ensemble, as results name them.
     *
     * @param parameters how it is used, if not as usual
     */
    static Algorithm algorithm(List<Path> models, List<String> parameters) {
        String name = models.stream()
                .map(model -> model.toAbsolutePath().normalize().getFileName().toString())
                .collect(Collectors.joining(" + "));
        return new Algorithm(name, version(models), Version.number(), parameters);
    }

    private static String version(List<Path> models) {
        MessageDigest digest = Sha256.digest();
        models.forEach(model -> add(digest, model));
        return HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
    }

    private static void add(MessageDigest digest, Path model) {
        for (Path file : files(model)) {
            digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
            try {
                Sha256.read(file, digest::update);
            } catch (IOException e) {
                throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the model", e);
            }
        }
        if (Files.isDirectory(model)) {
            Ensemble.read(model).ifPresent(ensemble -> ensemble.models().forEach(member -> add(digest, member)));
        }
    }

    /** Settings, and weights or the manifest that has their digests. */
    private static List<Path> files(Path model) {
        if (!Files.isDirectory(model)) {
            return List.of(model);
        }
        List<Path> files = new ArrayList<>();
        SETTINGS.stream().map(model::resolve).filter(Files::isRegularFile).forEach(files::add);
        if (FolderManifest.of(model).isPresent()) {
            files.add(model.resolve(FolderManifest.FILE));
            return files;
        }
        try (Stream<Path> all = Files.list(model)) {
            all.filter(file -> WEIGHTS.stream().anyMatch(file.getFileName().toString()::endsWith))
                    .sorted()
                    .forEach(files::add);
        } catch (IOException | UncheckedIOException e) {
            throw InputException.in(model, "cannot be listed; check the model", e);
        }
        return files;
    }
}
