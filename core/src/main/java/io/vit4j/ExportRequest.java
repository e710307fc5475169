package io.vit4j;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.export.OnnxExport;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.CheckpointSource;
import io.vit4j.hub.HubSettings;
import io.vit4j.infer.Decision;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.onnx.Precision;
import io.vit4j.torch.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A model becomes an ONNX graph, for engines that read those. An adapter is merged into its model.
 *
 * <pre>{@code
 * List<Path> files = Vit4j.export("tuned").output(Path.of("tuned.onnx")).run(Progress.NONE);
 * }</pre>
 */
public final class ExportRequest {
    /** The file of the graph in a folder. */
    private static final String FILE = "model.onnx";

    private static final String SUFFIX = ".onnx";

    private final String checkpoint;
    private Precision precision = Precision.FLOAT32;
    private boolean withPreprocessing;
    private Optional<Path> output = Optional.empty();

    ExportRequest(String checkpoint) {
        this.checkpoint = checkpoint;
    }

    /** What products are computed in; float32 if it is not called. */
    public ExportRequest precision(Precision numbers) {
        precision = numbers;
        return this;
    }

    /** Whether the graph takes bytes of pictures and does what the model's processor does, as {@link OnnxExport} says. */
    public ExportRequest withPreprocessing(boolean takesBytes) {
        withPreprocessing = takesBytes;
        return this;
    }

    /**
     * Where it goes, which is required: a file {@code NAME.onnx}, or a folder, which gets {@code model.onnx} and beside it the
     * checkpoint's configuration, as Optimum expects it. Files that are there already are never written over.
     */
    public ExportRequest output(Path fileOrFolder) {
        output = Optional.of(fileOrFolder);
        return this;
    }

    /** Writes the graph, and returns its files, the graph first; InputException if the model cannot be exported. */
    public List<Path> run(Progress.Factory progress) {
        Path into = output.orElseThrow(() -> new InputException("no output was given; name a file or a folder"));
        boolean isFile = into.toString().endsWith(SUFFIX);
        Path file = isFile ? into : into.resolve(FILE);
        List<String> names =
                isFile ? List.of() : List.of(CheckpointFiles.CONFIG, CheckpointFiles.PREPROCESSOR, Decision.FILE);
        Stream.concat(Stream.of(file), names.stream().map(into::resolve))
                .filter(Files::exists)
                .findFirst()
                .ifPresent(there -> {
                    throw InputException.in(there, "is there already; choose another --output");
                });
        Path folder = CheckpointSource.resolve(checkpoint, HubSettings.fromEnvironment(), progress);
        try (VisionModel model =
                Pretrained.load(folder, Pretrained.Options.asItIs(Device.CPU)).model()) {
            createFolder(file.toAbsolutePath().getParent());
            Decision decision = Decision.read(folder);
            List<Path> written =
                    new OnnxExport(model, decision, precision, withPreprocessing).write(DurableFiles.SYSTEM, file);
            if (!isFile) {
                DurableFiles.SYSTEM.write(
                        into.resolve(CheckpointFiles.CONFIG),
                        model.definition().config().pretty());
                model.processor().write(DurableFiles.SYSTEM, into);
                decision.write(DurableFiles.SYSTEM, into);
            }
            return written;
        }
    }

    private static void createFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw InputException.in(folder, "cannot be created (" + e.getMessage() + "); check its permissions", e);
        }
    }
}
