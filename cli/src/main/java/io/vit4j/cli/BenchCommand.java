package io.vit4j.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.cli.bench.DataBench;
import io.vit4j.cli.bench.LatencyBench;
import io.vit4j.cli.bench.Machine;
import io.vit4j.cli.bench.MetricsBench;
import io.vit4j.cli.bench.ModelBench;
import io.vit4j.cli.bench.ReportBench;
import io.vit4j.cli.bench.Soak;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code vit4j bench}: how fast this machine does the main pieces of work. */
@Command(
        name = "bench",
        description = "Measures how fast this machine trains, predicts and more, on random pictures.",
        footer = {
            "",
            "Examples:",
            "  vit4j bench train --model vit-base --dtype bfloat16",
            "  vit4j bench infer --model tuned --json"
        },
        sortOptions = false)
final class BenchCommand implements Runnable {
    /** What can be measured. */
    enum Subject {
        TRAIN,
        INFER,
        LATENCY,
        PREPARE,
        LOAD,
        METRICS,
        REPORT,
        STARTUP,
        MATMUL,
        SOAK
    }

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "WHAT",
            description =
                    "train: complete steps with AdamW and clipping, with --method mae of pretraining. infer: logits. latency: one PNG of 1024x1024 at"
                            + " a time, from bytes to scores, with one caller and with eight. prepare: from image files to a"
                            + " data set. load: from a data set to batches. metrics: AUROC of 112,120 pictures by 15 labels."
                            + " report: a report of the same size, with 1,000 resamples of patients. startup: from the start"
                            + " of the process to the end of the first training step, and from there to the first answer of a"
                            + " server. matmul: the large product that the"
                            + " others are compared with. soak: --steps of training with evaluation and saving, then half as"
                            + " many calls from eight threads, to see whether memory, threads or files grow.")
    private Subject subject;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            defaultValue = "vit-tiny",
            description =
                    "A model by name, such as vit-base or siglip-base, or the folder of a checkpoint. Default: ${DEFAULT-VALUE}.")
    private String model;

    @Option(
            names = {"--batch", "--batch-size"},
            paramLabel = "N",
            defaultValue = "8",
            description = "Pictures per step. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            defaultValue = "auto",
            description =
                    "float32, bfloat16, for infer, latency and matmul also int8, or auto. auto uses bfloat16 if the"
                            + " processor multiplies in it. Default: ${DEFAULT-VALUE}.")
    private String dtype;

    @Mixin
    private DeviceOption device;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads. Default: one per core.")
    private Integer threads;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "10",
            description =
                    "Timed repetitions, after a few that are not timed. latency makes ten times as many calls with"
                            + " one caller, and this many with each of eight. Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Option(
            names = "--products",
            paramLabel = "N",
            defaultValue = "50",
            description =
                    "For train, infer and matmul: large products that each thread multiplies. Their median is the rate"
                            + " that the model's is compared with. Default: ${DEFAULT-VALUE}.")
    private int products;

    @Option(
            names = "--pictures",
            paramLabel = "N",
            defaultValue = "4096",
            description =
                    "For load: pictures that are read in each repetition, in random order. Default: ${DEFAULT-VALUE}.")
    private int pictures;

    @Option(
            names = "--gradient-checkpointing",
            description = "For train: keep only each block's input, and run the block again in the backward pass.")
    private boolean recompute;

    @Mixin
    private AdapterOptions adapter;

    @Mixin
    private MethodOption method;

    @Option(
            names = "--data",
            paramLabel = "FOLDER",
            description = "Pictures for prepare and load. Default: 32 drawn X-rays.")
    private Path data;

    @Option(
            names = "--json",
            description = "Print the results as one JSON object, on the last line of standard output.")
    private boolean json;

    @Override
    public void run() {
        if (batch < 1 || steps < 1 || products < 1 || pictures < 1 || (threads != null && threads < 1)) {
            throw new InputException("--batch, --steps, --products, --pictures and --threads must be 1 or more");
        }
        // Metrics and data need no libtorch, whose loading takes memory.
        boolean computes = subject != Subject.METRICS
                && subject != Subject.REPORT
                && subject != Subject.PREPARE
                && subject != Subject.LOAD;
        int lanes = threads != null
                ? threads
                : computes ? TorchRuntime.threads() : Runtime.getRuntime().availableProcessors();
        if (computes) {
            TorchRuntime.setThreads(lanes);
        }
        ModelBench.Settings settings = new ModelBench.Settings(
                model,
                batch,
                dtype(computes),
                computes ? device.device() : Device.CPU,
                lanes,
                steps,
                recompute,
                adapter.lora(),
                method::trained,
                products);
        ModelBench bench = new ModelBench(settings);
        ObjectNode results = Json.object();
        results.put("what", subject.name().toLowerCase(Locale.ROOT));
        if (computes) {
            if (subject != Subject.MATMUL && subject != Subject.SOAK) {
                results.put("model", model);
            }
            if (subject != Subject.MATMUL && subject != Subject.LATENCY && subject != Subject.SOAK) {
                results.put("batch", batch);
            }
            results.put("dtype", settings.dtype().toString());
            results.put("device", settings.device().toString());
        }
        results.setAll(
                switch (subject) {
                    case TRAIN -> bench.train();
                    case INFER -> bench.infer();
                    case LATENCY -> LatencyBench.run(settings);
                    case PREPARE -> new DataBench(Optional.ofNullable(data), lanes, steps, batch, pictures).prepare();
                    case LOAD -> new DataBench(Optional.ofNullable(data), lanes, steps, batch, pictures).load();
                    case METRICS -> MetricsBench.run(steps);
                    case REPORT -> ReportBench.run(ReportBench.PICTURES, steps);
                    case STARTUP -> bench.startup();
                    case MATMUL -> bench.matmul();
                    case SOAK -> Soak.run(steps, Math.max(1, steps / 2), lanes);
                });
        Machine.peakResidentMib().ifPresent(mib -> results.put("peak_rss_mib", mib));
        results.put("threads", lanes);
        Machine.cpu().ifPresent(name -> results.put("cpu", name));
        print(results);
    }

    private Dtype dtype(boolean computes) {
        if (dtype.equals("auto")) {
            boolean hasBfloat16 = (computes && !device.device().isCpu()) || TorchRuntime.cpuHasBfloat16();
            return hasBfloat16 ? Dtype.BFLOAT16 : Dtype.FLOAT32;
        }
        Dtype given = Dtype.parse(dtype);
        if (given == Dtype.INT8
                && subject != Subject.INFER
                && subject != Subject.LATENCY
                && subject != Subject.MATMUL) {
            throw new InputException("--dtype int8 is for models at work: measure infer, latency or matmul in it");
        }
        return given;
    }

    private void print(ObjectNode results) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.line(results));
        } else {
            for (Map.Entry<String, JsonNode> result : results.properties()) {
                JsonNode value = result.getValue();
                out.printf(
                        Locale.ROOT,
                        "%-22s %s%n",
                        result.getKey(),
                        value.isDouble() ? String.format(Locale.ROOT, "%.4g", value.asDouble()) : value.asText());
            }
        }
        out.flush();
    }
}
