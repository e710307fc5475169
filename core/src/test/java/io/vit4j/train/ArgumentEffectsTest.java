package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.FileOperations;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.data.Dataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.model.Fixture;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.SmallModels;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.NativeMemory;
import io.vit4j.torch.SettledMemory;
import io.vit4j.train.arguments.Argument;
import io.vit4j.train.arguments.ArgumentTable;
import io.vit4j.train.checkpoint.TrainerState;
import io.vit4j.train.engine.RankEngine;
import io.vit4j.walk.Objective;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * An argument that is called honoured has an effect: for each there is a test here that sees what a run does otherwise with it
 * than without it. Those that only the command reads are seen by its own tests.
 */
@Isolated("watches threads and memory of the process")
class ArgumentEffectsTest {
    /** Read where the command, or the facade, prepares a run or reports of it. */
    private static final Set<String> OF_THE_COMMAND = Set.of(
            "augment",
            "compile_only",
            "disable_tqdm",
            "image_size",
            "logging_dir",
            "pooling",
            "report_images",
            "report_to",
            "run_name",
            "use_cpu");

    /** A test that may throw. */
    private interface Effect {
        void seen() throws Exception;
    }

    private static final int PICTURES = 40;
    private static final int STEPS = 5;
    private static final double RATE = 1e-2;

    @TempDir
    Path folder;

    private final Map<String, Effect> effects = new LinkedHashMap<>();
    private final AtomicInteger runs = new AtomicInteger();

    @Test
    void everyHonouredArgumentHasATestThatSeesItsEffect() {
        register();
        Set<String> seen = new TreeSet<>(effects.keySet());
        seen.addAll(OF_THE_COMMAND);
        assertThat(seen)
                .isEqualTo(new TreeSet<>(ArgumentTable.all().stream()
                        .filter(Argument::honoured)
                        .map(Argument::name)
                        .toList()));
    }

    @TestFactory
    Stream<DynamicTest> anHonouredArgumentHasAnEffect() {
        register();
        return effects.entrySet().stream()
                .map(effect ->
                        dynamicTest(effect.getKey(), () -> effect.getValue().seen()));
    }

    private void effect(String argument, Effect effect) {
        effects.put(argument, effect);
    }

    private void register() {
        effects.clear();
        lengths();
        learningRates();
        optimizers();
        losses();
        precisions();
        speed();
        data();
        evaluations();
        checkpoints();
        logs();
        ranks();
    }

    // ---- what a run shows

    /** A run of five steps over 40 pictures, without evaluation and checkpoints. */
    private TinyRun plain(String... namesAndValues) {
        TinyRun run = new TinyRun(folder.resolve("run-" + runs.incrementAndGet()))
                .with(Map.of(
                        "num_train_epochs", "1",
                        "lr_scheduler_type", "constant",
                        "eval_strategy", "no",
                        "save_strategy", "no",
                        "load_best_model_at_end", "false",
                        "logging_steps", "1",
                        "dataloader_num_workers", "1"));
        for (int i = 0; i < namesAndValues.length; i += 2) {
            run.with(namesAndValues[i], namesAndValues[i + 1]);
        }
        return run;
    }

    private TinyRun.Result result(String... namesAndValues) {
        return plain(namesAndValues).run();
    }

    private static List<JsonNode> logs(TinyRun.Result result, String having) {
        return result.logs().stream()
                .map(line -> (JsonNode) Json.parseObject(line, "log"))
                .filter(entry -> entry.has(having))
                .toList();
    }

    private List<Double> logged(String key, String... namesAndValues) {
        return logs(result(namesAndValues), key).stream()
                .map(entry -> entry.get(key).doubleValue())
                .toList();
    }

    private List<Integer> steps(String key, String... namesAndValues) {
        return logs(result(namesAndValues), key).stream()
                .map(entry -> entry.get("step").intValue())
                .toList();
    }

    private List<Integer> evaluationsAt(String... namesAndValues) {
        return steps("eval_loss", namesAndValues);
    }

    private List<String> checkpoints(TinyRun run) {
        run.run();
        return names(run.output()).stream()
                .filter(name -> name.startsWith("checkpoint-"))
                .toList();
    }

    private static List<String> names(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The weights are others with these arguments than with those. */
    private void changesWeights(String[] with, String... without) {
        assertThat(result(with).weights()).isNotEqualTo(result(without).weights());
    }

    private static String[] args(String... namesAndValues) {
        return namesAndValues;
    }

    /** The loss of the first step is another. */
    private void changesLoss(String[] with, String... without) {
        assertThat(logged("loss", with).get(0))
                .isNotCloseTo(logged("loss", without).get(0), within(1e-5));
    }

    /** A data set that takes note of what is read from it. */
    private static final class Watched implements Dataset {
        private final Dataset data;
        private final List<Integer> read = Collections.synchronizedList(new ArrayList<>());
        private final Set<String> threads = Collections.synchronizedSet(new TreeSet<>());

        Watched(Dataset data) {
            this.data = data;
        }

        @Override
        public int size() {
            return data.size();
        }

        @Override
        public Sample get(int index) {
            read.add(index);
            if (Thread.currentThread().getName().startsWith("loader-")) {
                threads.add(Thread.currentThread().getName().replaceFirst("loader-\\d+", "loader"));
            }
            return data.get(index);
        }

        @Override
        public int shardOf(int index) {
            return index / 5;
        }
    }

    private static Watched watched() {
        return new Watched(TinyRun.pictures(PICTURES, 1));
    }

    /** The usual objective, which looks around when it is computed. */
    private static Objective looking(Consumer<Tensor> look) {
        return TinyRun.watching(Objective.of(ProblemType.MULTI_LABEL), look);
    }

    /** The most samples that were walked at a time. */
    private long mostTogether(String... namesAndValues) {
        AtomicLong most = new AtomicLong();
        plain(namesAndValues)
                .objective(looking(logits -> most.accumulateAndGet(logits.size(0), Math::max)))
                .run();
        return most.get();
    }

    // ---- duration and batch

    private void lengths() {
        effect(
                "per_device_train_batch_size",
                () -> assertThat(result("per_device_train_batch_size", "10").lastStep())
                        .isEqualTo(2));
        effect(
                "num_train_epochs",
                () -> assertThat(result("num_train_epochs", "1.4").lastStep()).isEqualTo(7));
        effect(
                "max_steps",
                () -> assertThat(result("max_steps", "3").lastStep()).isEqualTo(3));
        effect(
                "gradient_accumulation_steps",
                () -> assertThat(result("gradient_accumulation_steps", "5").lastStep())
                        .isEqualTo(2));
        effect("max_train_samples", () -> {
            Watched data = watched();
            plain("max_train_samples", "8").training(data).run();
            assertThat(new TreeSet<>(data.read))
                    .containsExactlyElementsOf(IntStream.range(0, 8).boxed().toList());
        });
    }

    // ---- learning rate

    private void learningRates() {
        effect(
                "learning_rate",
                () -> assertThat(logged("learning_rate", "learning_rate", "0.03"))
                        .containsOnly(0.03));
        effect(
                "lr_scheduler_type",
                () -> assertRates(
                        IntStream.range(0, STEPS).mapToDouble(step -> RATE * (1 - step / (double) STEPS)),
                        "lr_scheduler_type",
                        "linear"));
        effect(
                "lr_scheduler_kwargs",
                () -> assertRates(
                        IntStream.range(0, STEPS).mapToDouble(step -> RATE * Math.pow(1 - step / (double) STEPS, 3)),
                        "lr_scheduler_type",
                        "polynomial",
                        "lr_scheduler_kwargs",
                        "power=3,lr_end=0"));
        effect(
                "warmup_steps",
                () -> assertRates(
                        DoubleStream.of(0, 0.25, 0.5, 0.75, 1).map(share -> RATE * share),
                        "lr_scheduler_type",
                        "constant_with_warmup",
                        "warmup_steps",
                        "4"));
    }

    private void assertRates(DoubleStream expected, String... namesAndValues) {
        List<Double> rates = logged("learning_rate", namesAndValues);
        double[] wanted = expected.toArray();
        assertThat(rates).hasSize(wanted.length);
        for (int step = 0; step < wanted.length; step++) {
            assertThat(rates.get(step)).isCloseTo(wanted[step], within(1e-12));
        }
    }

    // ---- optimizer

    private void optimizers() {
        effect("optim", () -> changesWeights(args("optim", "sgd")));
        effect("optim_args", () -> changesWeights(args("optim", "sgd", "optim_args", "momentum=0.9"), "optim", "sgd"));
        effect("weight_decay", () -> changesWeights(args("weight_decay", "0.5")));
        effect(
                "weight_decay_end",
                () -> changesWeights(args("weight_decay", "0.5", "weight_decay_end", "0.1"), "weight_decay", "0.5"));
        effect(
                "weight_decay_rule",
                () -> changesWeights(args("weight_decay", "0.5", "weight_decay_rule", "timm"), "weight_decay", "0.5"));
        effect("layer_decay", () -> changesWeights(args("layer_decay", "0.5")));
        effect("drop_path", () -> changesWeights(args("drop_path", "0.5")));
        effect("adam_beta1", () -> changesWeights(args("adam_beta1", "0.5")));
        effect("adam_beta2", () -> changesWeights(args("adam_beta2", "0.5")));
        effect("adam_epsilon", () -> changesWeights(args("adam_epsilon", "0.01")));
        effect(
                "max_grad_norm",
                () -> changesWeights(
                        args("optim", "sgd", "max_grad_norm", "0.01"), "optim", "sgd", "max_grad_norm", "0"));
        effect(
                "lora_rank",
                () -> trainsOnly(name -> name.contains(".lora_") || name.contains("classifier."), "lora_rank", "2"));
        effect("lora_alpha", () -> changesAdapters("lora_alpha", "20"));
        effect("lora_dropout", () -> changesAdapters("lora_dropout", "0.5"));
        effect("lora_target_modules", () -> changesAdapters("lora_target_modules", "query,value"));
        effect("lora_rank_pattern", () -> changesAdapters("lora_rank_pattern", "value=3"));
        effect("lora_alpha_pattern", () -> changesAdapters("lora_alpha_pattern", "value=20"));
        effect("use_rslora", () -> changesAdapters("use_rslora", "true"));
        effect("lora_bias", () -> changesAdapters("lora_bias", "lora_only"));
        effect(
                "bitfit",
                () -> trainsOnly(name -> name.endsWith(".bias") || name.equals("classifier.weight"), "bitfit", "true"));
        effect(
                "freeze_layers",
                () -> trainsOnly(
                        name -> name.matches("vit\\.encoder\\.layer\\.1\\..*|vit\\.layernorm.*|classifier.*"),
                        "freeze_layers",
                        "1"));
        effect(
                "base_learning_rate",
                () -> assertThat(logged("learning_rate", "base_learning_rate", "0.64"))
                        .containsOnly(0.02)); // of 8 images a step
        effect(
                "model_ema_decay",
                () -> assertThat(average("model_ema_decay", "0.5")).isNotEqualTo(average("model_ema_decay", "0.9")));
        effect(
                "model_ema_warmup",
                () -> assertThat(average("model_ema_decay", "0.9", "model_ema_warmup", "true"))
                        .isNotEqualTo(average("model_ema_decay", "0.9")));
        effect("freeze_backbone", () -> {
            TinyRun run = plain("freeze_backbone", "true");
            run.run();
            Map<String, float[]> before = initial();
            Map<String, float[]> after = RankedRun.weights(run.output().resolve("model.safetensors"));
            before.forEach((name, numbers) -> assertThat(Arrays.equals(after.get(name), numbers))
                    .as(name)
                    .isEqualTo(!name.startsWith("classifier.")));
        });
    }

    /** Adapters of rank 2 become others with an argument more. */
    private void changesAdapters(String name, String value) {
        changesWeights(args("lora_rank", "2", name, value), "lora_rank", "2");
    }

    /** With an argument, weights of these names alone move, or are there at all. */
    private void trainsOnly(Predicate<String> trained, String name, String value) {
        TinyRun run = plain(name, value, "learning_rate", "0.05");
        run.run();
        Map<String, float[]> before = initial();
        RankedRun.weights(RankedRun.weightsIn(run.output())).forEach((weight, numbers) -> {
            if (!Fixture.isKeyBias(weight)) {
                assertThat(Arrays.equals(before.get(weight), numbers))
                        .as(weight)
                        .isEqualTo(!trained.test(weight));
            }
        });
    }

    /** The averaged weights that a run leaves. */
    private byte[] average(String... namesAndValues) throws IOException {
        TinyRun run = plain(namesAndValues);
        run.run();
        return Files.readAllBytes(run.output().resolve("ema/model.safetensors"));
    }

    /** The weights that every run begins with: those after a step of length 0. */
    private Map<String, float[]> initial() {
        TinyRun run = plain("max_steps", "1", "learning_rate", "0");
        run.run();
        return RankedRun.weights(run.output().resolve("model.safetensors"));
    }

    // ---- loss

    private String teacher() {
        Path saved = folder.resolve("teacher");
        return (Files.exists(saved) ? saved : SmallModels.save(saved, ProblemType.MULTI_LABEL, "bright", "left", "top"))
                .toString();
    }

    private void losses() {
        effect("loss", () -> changesLoss(args("loss", "focal")));
        effect("teacher", () -> changesWeights(args("teacher", teacher())));
        effect(
                "distillation_type",
                () -> changesWeights(args("teacher", teacher(), "distillation_type", "hard"), "teacher", teacher()));
        effect(
                "distillation_alpha",
                () -> changesWeights(args("teacher", teacher(), "distillation_alpha", "0.1"), "teacher", teacher()));
        effect(
                "distillation_tau",
                () -> changesWeights(args("teacher", teacher(), "distillation_tau", "4"), "teacher", teacher()));
        effect("loss_args", () -> changesLoss(args("loss", "focal", "loss_args", "gamma=4"), "loss", "focal"));
        effect("pos_weight", () -> changesLoss(args("pos_weight", "5")));
        effect("uncertain_labels", () -> {
            Dataset unknown = TinyRun.partlyUnknown(TinyRun.pictures(PICTURES, 1));
            Set<List<JsonNode>> losses = new HashSet<>();
            for (String policy : List.of("ignore", "zeros", "ones", "zeros_lsr", "ones_lsr")) {
                losses.add(
                        logs(plain("uncertain_labels", policy).training(unknown).run(), "loss"));
            }
            assertThat(losses).hasSize(5);
        });
        effect("mixup", () -> changesLoss(args("mixup", "1")));
        effect("cutmix", () -> changesLoss(args("cutmix", "1")));
        effect("mixup_prob", () -> {
            changesWeights(args("mixup", "1", "mixup_prob", "0.5"), "mixup", "1");
            assertThat(result("mixup", "1", "mixup_prob", "0").weights()).isEqualTo(result().weights());
        });
        effect("mixup_switch_prob", () -> {
            assertThat(result("mixup", "1", "cutmix", "1", "mixup_switch_prob", "1")
                            .weights())
                    .isEqualTo(result("cutmix", "1").weights());
            assertThat(result("mixup", "1", "cutmix", "1", "mixup_switch_prob", "0")
                            .weights())
                    .isEqualTo(result("mixup", "1").weights());
        });
        effect("mixup_mode", () -> {
            changesWeights(args("mixup", "1", "mixup_mode", "pair"), "mixup", "1");
            changesWeights(args("mixup", "1", "mixup_mode", "elem"), "mixup", "1", "mixup_mode", "pair");
        });
        effect("label_smoothing_factor", () -> changesLoss(args("label_smoothing_factor", "0.4")));
        effect("class_weight", () -> {
            Dataset classes = classes();
            double weighted = firstLoss(plain("class_weight", "bright=9,left=1,top=1"), classes);
            assertThat(weighted).isNotCloseTo(firstLoss(plain(), classes), within(1e-3));
        });
    }

    private static double firstLoss(TinyRun run, Dataset data) {
        TinyRun.Result result = run.model(TinyRun.CONFIG.withLabels(TinyRun.CONFIG.labels(), ProblemType.SINGLE_LABEL))
                .training(data)
                .evaluation(data)
                .run();
        return logs(result, "loss").get(0).get("loss").doubleValue();
    }

    /** The same pictures, each of one class. */
    private static Dataset classes() {
        return TinyRun.labelled(
                TinyRun.pictures(PICTURES, 1), index -> new float[] {index % 5 == 0 ? 0 : 1 + index % 2});
    }

    // ---- precision

    private void precisions() {
        effect("dtype", () -> assertThat(trainedIn("dtype", "bfloat16")).isEqualTo(Dtype.BFLOAT16));
        effect("bf16", () -> assertThat(trainedIn("dtype", "", "bf16", "true")).isEqualTo(Dtype.BFLOAT16));
        effect("fp16", () -> assertThat(trainedIn("dtype", "", "fp16", "true")).isEqualTo(Dtype.FLOAT16));
        effect("bf16_full_eval", () -> changesEvaluationOnly("bf16_full_eval"));
        effect("fp16_full_eval", () -> changesEvaluationOnly("fp16_full_eval"));
        effect(
                "loss_scaling",
                () -> assertThat(scale("loss_scaling", "1024", "auto_loss_scaling", "true")
                                .get("scale")
                                .doubleValue())
                        .isEqualTo(1024));
        effect("auto_loss_scaling", () -> {
            JsonNode constant = scale("loss_scaling", "1024", "auto_loss_scaling", "false");
            JsonNode automatic = scale("loss_scaling", "1024", "auto_loss_scaling", "true");
            assertThat(constant.path("good_steps").intValue()).isZero();
            assertThat(automatic.path("good_steps").intValue()).isEqualTo(STEPS);
        });
    }

    private Dtype trainedIn(String... namesAndValues) {
        List<Dtype> dtypes = new ArrayList<>();
        plain(namesAndValues).whileOpen(trainer -> dtypes.add(trainer.dtype())).run();
        return dtypes.get(0);
    }

    private void changesEvaluationOnly(String argument) {
        TinyRun.Result with = result(argument, "true", "eval_strategy", "epoch");
        TinyRun.Result without = result("eval_strategy", "epoch");
        assertThat(with.weights()).isEqualTo(without.weights());
        assertThat(logs(with, "eval_loss")).isNotEqualTo(logs(without, "eval_loss"));
    }

    /** What a run in float16 remembers of its loss scale. */
    private JsonNode scale(String... namesAndValues) {
        TinyRun run = plain(namesAndValues).with(Map.of("dtype", "float16", "save_strategy", "epoch"));
        run.run();
        return Json.readObject(run.output().resolve("checkpoint-" + STEPS).resolve(TrainerState.FILE))
                .path("vit4j")
                .path("loss_scale");
    }

    // ---- speed and memory

    private void speed() {
        effect("gradient_checkpointing", () -> assertThat(keptWith("true")).isLessThan(keptWith("false") / 2));
        effect("walk_micro_batch", () -> {
            assertThat(mostTogether("threads", "1", "walk_micro_batch", "3")).isEqualTo(2); // of 4, alike
            assertThat(mostTogether("threads", "1", "walk_micro_batch", "4")).isEqualTo(4);
        });
        effect("threads", () -> {
            Set<String> lanes = Collections.synchronizedSet(new TreeSet<>());
            plain("threads", "3", "per_device_train_batch_size", "12")
                    .objective(
                            looking(logits -> lanes.add(Thread.currentThread().getName())))
                    .run();
            assertThat(lanes).hasSize(3);
        });
    }

    /** Bytes of native memory that the forward pass has added when the loss is computed. */
    private long keptWith(String checkpointing) {
        ModelDefinition wide = RankedRun.config(0.1, 64, 8);
        SettledMemory.await();
        AtomicLong kept = new AtomicLong();
        AtomicLong before = new AtomicLong();
        TinyRun run = plain("gradient_checkpointing", checkpointing, "threads", "1", "max_steps", "2")
                .with(Map.of("per_device_train_batch_size", "32", "walk_micro_batch", "32"))
                .model(wide);
        run.callback(new TrainerCallback() {
                    @Override
                    public void onStepEnd(TrainerState state, TrainerControl control) {
                        before.set(NativeMemory.inUse().orElseThrow());
                    }
                })
                .objective(looking(logits -> kept.set(NativeMemory.inUse().orElseThrow() - before.get())))
                .run();
        return kept.get();
    }

    // ---- data

    private void data() {
        effect("train_sampling_strategy", () -> {
            Watched data = watched();
            plain("train_sampling_strategy", "sequential").training(data).run();
            assertThat(data.read.subList(1, PICTURES + 1)) // the first is looked at to know the labels
                    .containsExactlyElementsOf(
                            IntStream.range(0, PICTURES).boxed().toList());
            Watched byShards = watched();
            plain("train_sampling_strategy", "sharded").training(byShards).run();
            assertThat(byShards.read.subList(1, 21).stream().map(byShards::shardOf))
                    .containsOnly(byShards.read.subList(1, 21).stream()
                            .map(byShards::shardOf)
                            .distinct()
                            .limit(4)
                            .toArray(Integer[]::new));
        });
        effect(
                "dataloader_drop_last",
                () -> assertThat(result("dataloader_drop_last", "true", "per_device_train_batch_size", "32")
                                .lastStep())
                        .isEqualTo(1));
        effect("dataloader_num_workers", () -> {
            assertThat(loaders("3")).hasSize(3);
            assertThat(loaders("0")).hasSize(1); // chosen: one beside a CPU
        });
        effect("dataloader_prefetch_factor", () -> {
            assertThat(readBeforeTheFirstStep("5")).isGreaterThanOrEqualTo(5 * 4);
            assertThat(readBeforeTheFirstStep("1")).isLessThanOrEqualTo(4 * 4);
        });
        effect("seed", () -> changesWeights(args("seed", "7", "data_seed", "42")));
        effect("data_seed", () -> {
            Watched data = watched();
            Watched other = watched();
            plain("data_seed", "7").training(data).run();
            plain().training(other).run();
            assertThat(data.read).isNotEqualTo(other.read).containsAll(other.read);
        });
    }

    private Set<String> loaders(String workers) {
        Watched data = watched();
        plain("dataloader_num_workers", workers).training(data).run();
        return data.threads;
    }

    /** Pictures read while the first micro-batches are walked: of those in use, and of those that are made ahead. */
    private int readBeforeTheFirstStep(String factor) {
        Watched data = watched();
        AtomicInteger read = new AtomicInteger();
        plain("dataloader_prefetch_factor", factor, "gradient_accumulation_steps", "1", "threads", "1")
                .training(data)
                .objective(looking(logits -> {
                    if (read.get() == 0) {
                        settle(data.read);
                        read.set(data.read.size() - 1);
                    }
                }))
                .run();
        return read.get();
    }

    /** Waits until nothing has been added for a while. */
    private static void settle(List<?> list) {
        int before = -1;
        while (list.size() != before) {
            before = list.size();
            sleep(200);
        }
    }

    // ---- evaluation

    private void evaluations() {
        effect(
                "eval_strategy",
                () -> assertThat(evaluationsAt("eval_strategy", "epoch")).containsExactly(STEPS));
        effect(
                "eval_steps",
                () -> assertThat(evaluationsAt("eval_strategy", "steps", "eval_steps", "2"))
                        .containsExactly(2, 4));
        effect(
                "eval_delay",
                () -> assertThat(evaluationsAt("eval_strategy", "steps", "eval_steps", "1", "eval_delay", "4"))
                        .containsExactly(4, 5));
        effect(
                "eval_on_start",
                () -> assertThat(evaluationsAt("eval_strategy", "epoch", "eval_on_start", "true"))
                        .containsExactly(0, STEPS));
        effect(
                "per_device_eval_batch_size",
                () -> assertThat(mostTogether(
                                "threads",
                                "1",
                                "eval_strategy",
                                "epoch",
                                "per_device_eval_batch_size",
                                "11",
                                "walk_micro_batch",
                                "11"))
                        .isEqualTo(11));
        effect("max_eval_samples", () -> {
            Watched data = new Watched(TinyRun.pictures(12, 2));
            plain("eval_strategy", "epoch", "max_eval_samples", "3")
                    .evaluation(data)
                    .run();
            assertThat(new TreeSet<>(data.read)).containsExactly(0, 1, 2);
        });
        effect("prediction_loss_only", () -> {
            assertThat(metricsOfEvaluation("false")).contains("eval_samples");
            assertThat(metricsOfEvaluation("true")).contains("eval_loss").doesNotContain("eval_samples");
        });
        bests();
    }

    private Set<String> metricsOfEvaluation(String lossOnly) {
        TinyRun.Result result = plain("eval_strategy", "epoch", "prediction_loss_only", lossOnly)
                .metrics(prediction -> Map.of("samples", (double) prediction.samples()))
                .run();
        Set<String> names = new TreeSet<>();
        logs(result, "eval_loss").get(0).fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** Evaluations whose metric {@code bump} is highest after the second step and {@code dip} lowest after the fourth. */
    private TinyRun bumpy(String... namesAndValues) {
        AtomicInteger evaluations = new AtomicInteger();
        return plain(namesAndValues)
                .with(Map.of("eval_strategy", "steps", "eval_steps", "1", "save_strategy", "steps", "save_steps", "1"))
                .with("save_total_limit", "9")
                .metrics(prediction -> {
                    int step = evaluations.incrementAndGet();
                    return Map.of("bump", step == 2 ? 1.0 : 0.0, "dip", step == 4 ? 0.0 : 1.0);
                });
    }

    private String bestOf(String... namesAndValues) {
        List<String> best = new ArrayList<>();
        bumpy(namesAndValues)
                .whileOpen(trainer ->
                        best.add(trainer.state().bestModelCheckpoint().orElse("none")))
                .run();
        return best.get(0);
    }

    private void bests() {
        effect("load_best_model_at_end", () -> {
            TinyRun run = bumpy("load_best_model_at_end", "true", "metric_for_best_model", "bump");
            run.run();
            assertThat(run.output().resolve("model.safetensors"))
                    .hasSameBinaryContentAs(run.output().resolve("checkpoint-2/model.safetensors"));
        });
        effect(
                "metric_for_best_model",
                () -> assertThat(bestOf("metric_for_best_model", "bump")).isEqualTo("checkpoint-2"));
        effect(
                "greater_is_better",
                () -> assertThat(bestOf("metric_for_best_model", "dip", "greater_is_better", "false"))
                        .isEqualTo("checkpoint-4"));
        effect(
                "early_stopping_patience",
                () -> assertThat(bumpy("metric_for_best_model", "bump", "early_stopping_patience", "2")
                                .run()
                                .lastStep())
                        .isEqualTo(4));
        effect(
                "early_stopping_threshold",
                () -> assertThat(bumpy(
                                        "metric_for_best_model",
                                        "bump",
                                        "early_stopping_patience",
                                        "2",
                                        "early_stopping_threshold",
                                        "1.5")
                                .run()
                                .lastStep())
                        .isEqualTo(3));
    }

    // ---- checkpoints

    private void checkpoints() {
        effect("output_dir", () -> {
            Path elsewhere = folder.resolve("elsewhere-" + runs.incrementAndGet());
            new TinyRun(elsewhere).with("max_steps", "3").run();
            assertThat(elsewhere.resolve("model.safetensors")).exists();
        });
        effect("overwrite_output_dir", () -> {
            TinyRun run = plain();
            run.run();
            assertThatThrownBy(run::run).isInstanceOf(InputException.class);
            assertThat(run.with("overwrite_output_dir", "true").run().lastStep())
                    .isEqualTo(STEPS);
        });
        effect(
                "save_strategy",
                () -> assertThat(checkpoints(plain("save_strategy", "epoch"))).containsExactly("checkpoint-5"));
        effect(
                "save_steps",
                () -> assertThat(checkpoints(
                                plain("save_strategy", "steps", "save_steps", "2", "save_total_limit", "9")))
                        .containsExactly("checkpoint-2", "checkpoint-4", "checkpoint-5"));
        effect(
                "save_total_limit",
                () -> assertThat(checkpoints(
                                plain("save_strategy", "steps", "save_steps", "1", "save_total_limit", "1")))
                        .containsExactly("checkpoint-5"));
        effect("save_only_model", () -> {
            TinyRun run = plain("save_strategy", "epoch", "save_only_model", "true");
            run.run();
            assertThat(names(run.output().resolve("checkpoint-5")))
                    .contains("model.safetensors")
                    .doesNotContain("optimizer.safetensors");
        });
        effect(
                "resume_from_checkpoint",
                () -> assertThat(stepsTaken(halfway(), "resume_from_checkpoint", "true"))
                        .containsExactly(4, 5));
        effect("ignore_data_skip", () -> {
            TinyRun run = halfway();
            Watched data = watched();
            run.training(data)
                    .with("ignore_data_skip", "true")
                    .with("resume_from_checkpoint", "true")
                    .run();
            assertThat(new TreeSet<>(data.read))
                    .hasSizeGreaterThan(2 * 8 + 1); // from the epoch's start, not from step 4 on
        });
        effect("allow_changed_arguments", () -> {
            TinyRun run = halfway().with("learning_rate", "0.002").with("resume_from_checkpoint", "true");
            assertThatThrownBy(run::run).hasMessageContaining("learning_rate");
            assertThat(run.with("allow_changed_arguments", "true").run().lastStep())
                    .isEqualTo(STEPS);
        });
        effect("on_nonfinite", () -> {
            Dataset bad = unlearnable();
            assertThatThrownBy(plain("on_nonfinite", "stop").training(bad)::run).hasMessageContaining("not finite");
            assertThat(plain("on_nonfinite", "skip").training(bad).run().lastStep())
                    .isEqualTo(STEPS);
        });
        effect("on_save_error", () -> {
            DurableFiles full = new DurableFiles(new NoRoomForCheckpoints());
            assertThatThrownBy(plain("save_strategy", "epoch", "on_save_error", "stop")
                            .files(full)::run)
                    .isInstanceOf(InputException.class);
            assertThat(plain("save_strategy", "epoch", "on_save_error", "continue")
                            .files(full)
                            .run()
                            .lastStep())
                    .isEqualTo(STEPS);
        });
    }

    /** Files within checkpoints cannot be created. */
    private static final class NoRoomForCheckpoints implements FileOperations {
        @Override
        public WritableFile create(Path file, FileAttribute<?>... attributes) throws IOException {
            if (file.toString().contains("checkpoint-")) {
                throw new IOException("No space left on device");
            }
            return FileOperations.SYSTEM.create(file, attributes);
        }
    }

    /** A run that was interrupted after its third step. */
    private TinyRun halfway() {
        TinyRun run = plain("save_strategy", "steps", "save_steps", "50");
        run.callback(new TrainerCallback() {
            @Override
            public void onStepEnd(TrainerState state, TrainerControl control) {
                if (state.globalStep() == 3) {
                    run.interrupt();
                }
            }
        });
        run.run();
        return run.callback(new TrainerCallback() {});
    }

    private static List<Integer> stepsTaken(TinyRun run, String... namesAndValues) {
        List<Integer> steps = new ArrayList<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            run.with(namesAndValues[i], namesAndValues[i + 1]);
        }
        run.callback(new TrainerCallback() {
                    @Override
                    public void onStepEnd(TrainerState state, TrainerControl control) {
                        steps.add((int) state.globalStep());
                    }
                })
                .run();
        return steps;
    }

    private static Dataset unlearnable() {
        float infinity = Float.POSITIVE_INFINITY;
        return TinyRun.labelled(TinyRun.pictures(PICTURES, 1), index -> new float[] {infinity, infinity, infinity});
    }

    // ---- logs

    private void logs() {
        effect(
                "logging_strategy",
                () -> assertThat(steps("loss", "logging_strategy", "epoch")).containsExactly(STEPS));
        effect(
                "logging_steps",
                () -> assertThat(steps("loss", "logging_steps", "2")).containsExactly(2, 4));
        effect(
                "logging_first_step",
                () -> assertThat(steps("loss", "logging_steps", "4", "logging_first_step", "true"))
                        .containsExactly(1, 4));
    }

    // ---- ranks

    private void ranks() {
        effect("parallel", () -> {
            Path config = folder.resolve("ipu_config.json");
            Files.writeString(config, "{\"layers_per_ipu\": [1, 3]}");
            assertThatThrownBy(plain("parallel", config.toString())::run)
                    .hasMessageContaining("1 replicas of 2 stages");
        });
        effect(
                "ipu_config_overrides",
                () -> assertThatThrownBy(
                                plain("ipu_config_overrides", "layers_per_ipu=[1 1],replication_factor=3")::run)
                        .hasMessageContaining("3 replicas of 2 stages"));
        effect("n_ipu", () -> assertThatThrownBy(plain("n_ipu", "4")::run).hasMessageContaining("4 ranks in total"));
        effect("pod_type", () -> {
            Path config = folder.resolve("pods.json");
            Files.writeString(config, "{\"replication_factor\": {\"pod4\": 5, \"pod16\": 7, \"default\": 1}}");
            assertThatThrownBy(plain("parallel", config.toString(), "pod_type", "pod16")::run)
                    .hasMessageContaining("7 replicas");
        });
        effect("rendezvous_timeout", () -> {
            RankedRun run = ranked().with("rendezvous_timeout", "1");
            assertThatThrownBy(() ->
                            run.runRank(Optional.of(new RankEnvironment(1, 1, 2, "127.0.0.1", RankThreads.freePort()))))
                    .hasMessageContaining("within 1 s");
        });
        effect("rendezvous_secret", () -> {
            Path open = folder.resolve("open");
            Files.writeString(open, "a secret that everybody can read");
            assertThatThrownBy(() -> ranked().with("rendezvous_secret", open.toString())
                            .runRank(Optional.of(new RankEnvironment(0, 0, 2, "127.0.0.1", RankThreads.freePort()))))
                    .hasMessageContaining("chmod 600");
        });
        effect(
                "interface",
                () -> assertThatThrownBy(() -> ranked().with("interface", "no-such0")
                                .runRank(
                                        Optional.of(new RankEnvironment(0, 0, 2, "127.0.0.1", RankThreads.freePort()))))
                        .hasMessageContaining("--interface no-such0 is no network interface"));
        effect("ddp_timeout", () -> {
            RankedRun run = ranked().with("ddp_timeout", "2").beforeTraining(trainer -> {
                if (trainer.rank() == 1) {
                    sleep(4_000); // alive, and late
                }
            });
            List<String> faults = RankThreads.faults(2, run::runRank);
            assertThat(faults.get(0)).contains("within 2 s", "--ddp-timeout");
        });
        effect("ddp_bucket_cap_mb", () -> {
            assertThat(buckets("1")).isGreaterThan(buckets("64"));
        });
    }

    private RankedRun ranked() {
        return new RankedRun(folder.resolve("ranks-" + runs.incrementAndGet()))
                .layout(2, "replication_factor=2")
                .with("max_steps", "1");
    }

    private int buckets(String mebibytes) {
        Map<Integer, Integer> buckets = Collections.synchronizedMap(new HashMap<>());
        ranked().with("ddp_bucket_cap_mb", mebibytes)
                .model(RankedRun.config(0.1, 256, 2))
                .whileOpen(trainer -> buckets.put(trainer.rank(), ((RankEngine) trainer.engine()).gradientBuckets()))
                .run();
        return buckets.get(0);
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
