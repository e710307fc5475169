package io.vit4j.cli;

import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.onnx.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j export}: a model becomes a graph that other engines run. */
@Command(
        name = "export",
        description = "Writes a model as an ONNX graph, which other engines run.",
        footer = {
            "",
            "The graph takes any number of pictures at once. Labels, picture processor and thresholds are in its metadata.",
            "",
            "Examples:",
            "  vit4j export --model tuned --output tuned.onnx",
            "  vit4j export --model tuned --with-preprocessing --dtype int8 --output onnx"
        },
        sortOptions = false)
final class ExportCommand implements Callable<Integer> {
    private static final String ONNX = "onnx";

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "CKPT",
            description = "The model: a folder, or a name on the hub. An adapter is merged into its model.")
    private String model;

    @Option(
            names = "--format",
            defaultValue = ONNX,
            paramLabel = "FORMAT",
            description = "Format of the graph: onnx, the only one so far.")
    private String format;

    @Option(
            names = "--dtype",
            defaultValue = "float32",
            paramLabel = "TYPE",
            description = "Numbers of its products: float32, float16 or int8. Default: ${DEFAULT-VALUE}.")
    private String dtype;

    @Option(
            names = "--with-preprocessing",
            description = "The graph takes bytes of pictures of any size, and resizes and normalises them itself.")
    private boolean withPreprocessing;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE|DIR",
            description = "A file NAME.onnx, or a folder for model.onnx and the model's configuration.")
    private Path output;

    @Override
    public Integer call() {
        if (!format.equals(ONNX)) {
            throw new InputException("--format '" + format + "' is unknown; use " + ONNX);
        }
        List<Path> files = Vit4j.export(model)
                .precision(Precision.parse(dtype))
                .withPreprocessing(withPreprocessing)
                .output(output)
                .run(vit4j.progress());
        files.forEach(file -> spec.commandLine().getOut().println("Exported model: " + file));
        spec.commandLine().getOut().flush();
        return 0;
    }
}
