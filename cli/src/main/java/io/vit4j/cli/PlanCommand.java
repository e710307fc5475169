package io.vit4j.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.cli.plan.LoaderRate;
import io.vit4j.cli.plan.MachineMeasurement;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.HubName;
import io.vit4j.hub.HubSettings;
import io.vit4j.hub.HuggingFaceHub;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.parallel.Hardware;
import io.vit4j.parallel.Layout;
import io.vit4j.parallel.ModelCost;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.Plan;
import io.vit4j.parallel.Plan.Prediction;
import io.vit4j.parallel.PlanJson;
import io.vit4j.parallel.PlanTable;
import io.vit4j.parallel.ReadingPlan;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.train.arguments.OptimizerArguments;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j plan}: what to expect of a layout, and which one to take. */
@Command(
        name = "plan",
        description =
                "Predicts memory, step time and throughput of training on 1 to 4,096 ranks, and suggests a layout.",
        footer = {
            "",
            "Nothing is trained. Describe the hardware in a JSON file (docs/parallel.md), or measure this"
                    + " machine.",
            "",
            "Examples:",
            "  vit4j plan --model vit-base --parallel ipu_config.json --per-device-train-batch-size 1 \\",
            "      --hardware cluster.json",
            "  vit4j plan --model vit-base --hardware cluster.json --n-ipu 64 --pictures 10000000",
            "  vit4j plan --model tuned --measure --nproc-per-node 2 --n-ipu 2 --save-hardware here.json"
        },
        sortOptions = false)
final class PlanCommand implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(PlanCommand.class);

    /** Below this share of the first rank's throughput, more ranks are not suggested. */
    private static final double EFFICIENCY = 0.8;

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description =
                    "A model by name, such as vit-base or siglip-base, a config.json, the folder of a checkpoint, or a name on the hub.")
    private String model;

    @Mixin
    private LayoutOptions layout;

    @Option(
            names = "--per-device-train-batch-size",
            paramLabel = "N",
            defaultValue = "8",
            description = "Pictures in a micro-batch, per replica. Default: ${DEFAULT-VALUE}.")
    private int microBatch;

    @Option(
            names = "--gradient-accumulation-steps",
            paramLabel = "N",
            description = "Micro-batches per optimizer step. Default: the configuration's, else 1.")
    private Optional<Integer> accumulation;

    @Option(
            names = "--gradient-checkpointing",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Recompute each block in the backward pass. Default: the configuration's, else false.")
    private Optional<Boolean> recomputation;

    @Mixin
    private AdapterOptions adapter;

    @Mixin
    private MethodOption method;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            defaultValue = "auto",
            description = "float32, bfloat16, float16 or auto. auto uses bfloat16 if the hardware multiplies faster in"
                    + " it. Default: ${DEFAULT-VALUE}.")
    private String dtype;

    @Option(names = "--hardware", paramLabel = "FILE.json", description = "File that describes the hardware.")
    private Optional<Path> hardware;

    @Option(names = "--measure", description = "Measure this machine with this model instead; takes about a minute.")
    private boolean measure;

    @Option(
            names = "--nproc-per-node",
            paramLabel = "N",
            defaultValue = "1",
            description = "With --measure: number of ranks that share this machine. Default: ${DEFAULT-VALUE}.")
    private int ranksHere;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads per rank. Default: this machine's cores, divided among the ranks.")
    private Optional<Integer> threads;

    @Option(
            names = "--save-hardware",
            paramLabel = "FILE.json",
            description = "Write the measured hardware to a file, for use with --hardware elsewhere.")
    private Optional<Path> saveHardware;

    @Option(
            names = "--optim",
            paramLabel = "NAME",
            defaultValue = "adamw_torch",
            description = "Optimizer whose state is counted, as in train. Default: ${DEFAULT-VALUE}.")
    private String optim;

    @Option(
            names = "--optim-args",
            paramLabel = "A=X,...",
            description = "Its settings, as in train: momentum=0.9 for sgd keeps a state that plain sgd does not have.")
    private Optional<String> optimArgs;

    @Option(
            names = "--model-ema-decay",
            paramLabel = "D",
            description = "Count an average of the weights, too, as in train.")
    private Optional<Double> modelEmaDecay;

    @Mixin
    private ReadingOptions reading;

    @Option(names = "--json", description = "Print one JSON object instead of tables.")
    private boolean json;

    @Override
    public void run() {
        if (hardware.isPresent() == measure) {
            throw new InputException("give either --hardware FILE.json or --measure");
        }
        if (microBatch < 1 || ranksHere < 1 || threads.orElse(1) < 1) {
            throw new InputException("--per-device-train-batch-size, --nproc-per-node and --threads must be 1 or more");
        }
        ModelDefinition plain = method.trained(definition());
        ModelDefinition definition = adapter.lora().map(plain::withAdapter).orElse(plain);
        ParallelConfig config = layout.config(accumulation, recomputation, vit4j.progress());
        config.notes().forEach(LOG::info);
        Layout asked = Layout.of(config, definition.layers(), microBatch);
        Plan plan = (measure ? measured(definition) : described(definition, hardware.orElseThrow()))
                .with(stateBytes(definition));
        Prediction configured = plan.predict(asked);
        Optional<ReadingPlan> data = reading.of(definition);
        List<PlanTable.PlanRow> rows = PlanTable.rows(plan, config, microBatch);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            ObjectNode result = asJson(plan, configured, rows);
            data.ifPresent(read -> result.set(
                    "reading", Json.untyped(ReadingOptions.json(read, read.predict(configured, plan.hardware())))));
            out.println(Json.line(result));
        } else {
            print(plan, configured, rows, PlanTable.row(plan, config, microBatch, asked.ranks()));
            data.ifPresent(read -> {
                out.println();
                ReadingOptions.lines(read, configured, plan.hardware()).forEach(out::println);
            });
        }
        out.flush();
    }

    private Plan.StateBytes stateBytes(ModelDefinition definition) {
        Map<String, String> given = new HashMap<>(Map.of("optim", optim));
        optimArgs.ifPresent(settings -> given.put("optim_args", settings));
        modelEmaDecay.ifPresent(decay -> given.put("model_ema_decay", decay.toString()));
        TrainingArguments arguments = TrainingArguments.builder().set(given).build();
        return block -> {
            Set<String> ofBlock = definition.weightNames(block, block + 1);
            return Float.BYTES
                    * OptimizerArguments.stateNumbers(
                            arguments, definition, name -> ofBlock.contains(name) && definition.trains(name));
        };
    }

    private ModelDefinition definition() {
        Path path = Path.of(model);
        if (CheckpointFiles.isCheckpoint(path)) {
            return Pretrained.definition(path);
        }
        if (model.endsWith(".json") || Files.exists(path)) {
            return ModelDefinition.read(path);
        }
        return HubName.parse(model)
                .map(name -> ModelDefinition.read(new HuggingFaceHub(HubSettings.fromEnvironment())
                        .file(name, CheckpointFiles.CONFIG, vit4j.progress())))
                .orElseGet(() -> ModelDefinition.preset(model));
    }

    private Plan described(ModelDefinition definition, Path file) {
        Hardware described = Hardware.read(file);
        boolean halfIsFaster = described.halfFlops() > described.float32Flops();
        return Plan.of(new ModelCost(definition, chosen(halfIsFaster)), described);
    }

    private Plan measured(ModelDefinition definition) {
        int lanes = threads.orElseGet(() -> Math.max(1, TorchRuntime.threads() / ranksHere));
        Plan computing = new MachineMeasurement(
                        definition, chosen(TorchRuntime.cpuHasBfloat16()), ranksHere, lanes, microBatch)
                .plan();
        Plan plan = reading.dataset()
                .map(data -> computing.with(LoaderRate.measured(data, ranksHere, microBatch)))
                .orElse(computing);
        saveHardware.ifPresent(file -> DurableFiles.SYSTEM.write(
                file.toAbsolutePath(), plan.hardware().toJson().pretty()));
        return plan;
    }

    private Dtype chosen(boolean halfIsFaster) {
        return dtype.equals("auto") ? (halfIsFaster ? Dtype.BFLOAT16 : Dtype.FLOAT32) : ofTraining(Dtype.parse(dtype));
    }

    private static Dtype ofTraining(Dtype given) {
        if (given == Dtype.INT8) {
            throw new InputException(
                    "--dtype int8 is for models at work; a plan is of training, in float32, bfloat16 or float16");
        }
        return given;
    }

    private ObjectNode asJson(Plan plan, Prediction configured, List<PlanTable.PlanRow> rows) {
        ObjectNode result = Json.object();
        result.put("model", model);
        result.put("dtype", plan.model().dtype().toString());
        result.set("hardware", Json.untyped(plan.hardware().toJson()));
        result.set("configured", Json.untyped(PlanJson.of(configured)));
        PlanJson.of(rows).forEach(row -> result.withArray("/rows").add(Json.untyped(row)));
        PlanTable.suggested(rows, EFFICIENCY).ifPresent(best -> {
            result.set("suggested", Json.untyped(PlanJson.of(best)));
            result.put("suggested_overrides", PlanJson.overrides(best.layout()));
        });
        return result;
    }

    private void print(Plan plan, Prediction configured, List<PlanTable.PlanRow> rows, PlanTable.PlanRow sameRanks) {
        PrintWriter out = spec.commandLine().getOut();
        Hardware machine = plan.hardware();
        out.printf(Locale.ROOT, "%s in %s on %s%n%n", model, plan.model().dtype(), machine.name());
        out.println("As configured, " + PlanTable.describe(configured.layout()) + ":");
        out.println("  " + PlanTable.describe(configured)
                + (configured.peakBytes() > machine.memoryBytes() ? ", more than is available" : ""));
        PlanTable.memory(configured).forEach(out::println);
        out.println();
        PlanTable.format(rows).forEach(out::println);
        out.println();
        sameRanks.best().ifPresent(best -> suggest("On the same number of ranks", best));
        PlanTable.suggested(rows, EFFICIENCY).ifPresent(best -> suggest("On as many ranks as are worthwhile", best));
    }

    private void suggest(String when, Prediction best) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(when + ", " + best.layout().ranks() + ": " + PlanTable.describe(best.layout()));
        out.println("  " + PlanTable.describe(best));
        out.println("  --ipu-config-overrides \"" + PlanJson.overrides(best.layout()) + "\"");
    }
}
