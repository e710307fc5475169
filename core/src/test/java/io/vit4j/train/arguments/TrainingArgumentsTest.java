package io.vit4j.train.arguments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import io.vit4j.train.arguments.TrainingArguments.OptimizerName;
import io.vit4j.train.arguments.TrainingArguments.Precision;
import io.vit4j.train.arguments.TrainingArguments.Strategy;
import io.vit4j.train.schedule.LrSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingArgumentsTest {
    @TempDir
    Path folder;

    private TrainingArguments read(String json) {
        return TrainingArguments.read(write(json));
    }

    private Path write(String json) {
        try {
            return Files.writeString(folder.resolve("arguments.json"), json);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The block of the walkthrough, as published in 2022. */
    @Test
    void theWalkthroughsOwnArgumentsAreReadUnchanged() {
        TrainingArguments args = read("""
                {
                  "output_dir": "./results",
                  "overwrite_output_dir": true,
                  "per_device_train_batch_size": 1,
                  "per_device_eval_batch_size": 1,
                  "dataloader_num_workers": 8,
                  "dataloader_drop_last": true,
                  "num_train_epochs": 3,
                  "seed": 1337,
                  "logging_steps": 50,
                  "save_steps": 1000,
                  "remove_unused_columns": false,
                  "warmup_ratio": 0.25,
                  "lr_scheduler_type": "cosine",
                  "learning_rate": 2e-4,
                  "ignore_data_skip": true
                }
                """);
        assertThat(args.outputDir()).isEqualTo(Path.of("./results"));
        assertThat(args.overwriteOutputDir()).isTrue();
        assertThat(args.perDeviceTrainBatchSize()).isEqualTo(1);
        assertThat(args.perDeviceEvalBatchSize()).isEqualTo(1);
        assertThat(args.dataloaderNumWorkers()).isEqualTo(8);
        assertThat(args.dataloaderDropLast()).isTrue();
        assertThat(args.numTrainEpochs()).isEqualTo(3.0);
        assertThat(args.seed()).isEqualTo(1337);
        assertThat(args.dataSeed()).isEqualTo(1337);
        assertThat(args.loggingSteps(2496)).isEqualTo(50);
        assertThat(args.saveSteps(2496)).isEqualTo(1000);
        assertThat(args.warmupSteps(2496)).isEqualTo(624);
        assertThat(args.lrSchedule(2496).rate(50)).isEqualTo(1.602564102564103e-05);
        assertThat(args.ignoreDataSkip()).isTrue();
        assertThat(args.isGiven("gradient_accumulation_steps")).isFalse();
        assertThat(args.notes())
                .containsExactlyInAnyOrder(
                        "remove_unused_columns has no effect: training never reads other columns of a data set",
                        "warmup_ratio is read as warmup_steps: a value below 1 is a ratio of all steps");
    }

    @Test
    void wordsOfACommandLineMeanWhatJsonValuesMean() {
        TrainingArguments json = read("""
                {"learning_rate": 0.0002, "bf16": false, "dataloader_drop_last": true, "seed": 7, "warmup_steps": 0.1,
                 "logging_steps": 20, "report_to": ["csv", "tensorboard"], "resume_from_checkpoint": true,
                 "lr_scheduler_type": "cosine", "lr_scheduler_kwargs": {"num_cycles": 1.5}, "max_train_samples": 10,
                 "pos_weight": {"Hernia": 3, "Mass": 2.5}}
                """);
        TrainingArguments words = TrainingArguments.defaults()
                .withOverrides(Map.ofEntries(
                        Map.entry("learning_rate", "2e-4"),
                        Map.entry("bf16", "no"),
                        Map.entry("dataloader_drop_last", "1"),
                        Map.entry("seed", "7"),
                        Map.entry("warmup_steps", ".1"),
                        Map.entry("logging_steps", "20"),
                        Map.entry("report_to", "tensorboard,csv"),
                        Map.entry("resume_from_checkpoint", "true"),
                        Map.entry("lr_scheduler_type", "cosine"),
                        Map.entry("lr_scheduler_kwargs", "num_cycles=1.5"),
                        Map.entry("max_train_samples", "10"),
                        Map.entry("pos_weight", "Hernia=3,Mass=2.5")));
        assertThat(words.toJson()).isEqualTo(json.toJson());
        assertThat(words.differencesThatChangeTheMathematics(json)).isEmpty();
        assertThat(words.posWeight()).contains(new LabelWeights.ByLabel(Map.of("Hernia", 3.0, "Mass", 2.5)));
        JsonObject given = words.givenToJson();
        assertThat(given.keys()).hasSize(12);
        assertThat(TrainingArguments.builder().read(given).build().toJson()).isEqualTo(words.toJson());
        assertThat(words.resume()).isTrue();
        assertThat(words.resumeFromCheckpoint()).isEmpty();
    }

    @Test
    void whatIsWrittenIsReadBackTheSame() {
        TrainingArguments args = TrainingArguments.builder()
                .learningRate(3e-4)
                .evalStrategy(Strategy.STEPS)
                .loadBestModelAtEnd(true)
                .metricForBestModel("roc_auc")
                .augment("crop-flip")
                .bf16(true)
                .optim(TrainingArguments.OptimizerName.SGD)
                .optimArgs(Map.of("momentum", 0.9))
                .reportTo(List.of("all"))
                .seed(4294967295L)
                .build();
        TrainingArguments again = read(args.toJson().line());
        assertThat(again.toJson()).isEqualTo(args.toJson());
        assertThat(again.notes()).isEmpty();
        assertThat(again.dtype()).isEqualTo(Precision.BFLOAT16);
        assertThat(again.evalSteps(5000)).isEqualTo(500);
        assertThat(again.metricForBestModel()).contains("eval_roc_auc");
        assertThat(again.greaterIsBetter()).isTrue();
        assertThat(again.reportTo()).containsExactly("tensorboard", "csv", "jsonl");
        assertThat(again.seed()).isEqualTo(4294967295L);
    }

    /** transformers: math.ceil(max_steps * ratio) below 1, the count itself otherwise. */
    @ParameterizedTest
    @CsvSource({"0.1,1234,124", "0.25,2496,624", "1,2496,1", "300,2496,300", "0,2496,0", "0.999,3,3"})
    void stepsBelowOneAreARatioOfAllSteps(String given, long total, long expected) {
        TrainingArguments args = TrainingArguments.defaults().withOverrides(Map.of("warmup_steps", given));
        assertThat(args.warmupSteps(total)).isEqualTo(expected);
    }

    @Test
    void evaluationFollowsLoggingWhereItsStepsAreNotGiven() {
        TrainingArguments args =
                TrainingArguments.defaults().withOverrides(Map.of("eval_strategy", "steps", "logging_steps", "0.05"));
        assertThat(args.evalSteps(1000)).isEqualTo(50);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "evaluation_strategy; epoch; eval_strategy; epoch",
                "no_cuda; true; use_cpu; true",
                "per_gpu_train_batch_size; 4; per_device_train_batch_size; 4",
                "lamb; true; optim; lamb",
                "lamb_no_bias_correction; true; optim; lamb_no_bias_correction",
                "fp32; true; dtype; float32",
                "ipu_config_name; Graphcore/vit-base-ipu; parallel; Graphcore/vit-base-ipu",
            })
    void anOlderNameIsReadAsTheNewerWithOneNote(String old, String value, String name, String becomes) {
        TrainingArguments args = TrainingArguments.defaults().withOverrides(Map.of(old, value));
        assertThat(Json.untyped(args.toJson()).get(name).asText()).isEqualTo(becomes);
        assertThat(args.notes()).singleElement().asString().startsWith(old + " is read as " + name);
    }

    @Test
    void aDumpWithOldAndNewNamesAtTheirDefaultsIsNoContradiction() {
        assertThat(read("{\"warmup_ratio\": 0.0, \"warmup_steps\": 500}").warmupSteps(1000))
                .isEqualTo(500);
        assertThat(read("{\"warmup_ratio\": 0.25, \"warmup_steps\": 0}").warmupSteps(1000))
                .isEqualTo(250);
        assertThatThrownBy(() -> read("{\"warmup_ratio\": 0.25, \"warmup_steps\": 500}"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("warmup_ratio asks for warmup_steps 0.25, but warmup_steps is 500;");
    }

    @Test
    void whatTheCommandLineSaysHoldsOverTheFile() {
        TrainingArguments args = TrainingArguments.builder()
                .read(write("{\"fp16\": true, \"no_cuda\": true, \"learning_rate\": 1e-3}"))
                .set(Map.of("bf16", "true", "no_cuda", "false"))
                .build();
        assertThat(args.dtype()).isEqualTo(Precision.BFLOAT16);
        assertThat(args.useCpu()).isFalse();
        assertThat(args.learningRate()).isEqualTo(1e-3);
    }

    @Test
    void namesOfTheSameOptimizerComeToOne() {
        for (String name : List.of("adamw_torch", "adamw_torch_fused", "adamw_apex_fused", "adamw_hf")) {
            TrainingArguments args = TrainingArguments.defaults().withOverrides(Map.of("optim", name));
            assertThat(args.optim()).isEqualTo(OptimizerName.ADAMW_TORCH);
            assertThat(args.notes()).hasSize(name.equals("adamw_hf") ? 1 : 0);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            nullValues = "-",
            value = {
                "-; -; -; AUTO",
                "false; -; -; FLOAT32",
                "true; -; -; BFLOAT16",
                "auto; -; -; AUTO",
                "-; true; -; FLOAT16",
                "false; true; -; FLOAT16",
                "-; -; float32; FLOAT32",
                "-; -; bf16; BFLOAT16",
                "false; false; float32; FLOAT32",
                "-; -; auto; AUTO",
            })
    void precisionIsResolvedFromItsThreeArguments(String bf16, String fp16, String dtype, Precision expected) {
        Map<String, String> given = new HashMap<>();
        given.put("bf16", bf16);
        given.put("fp16", fp16);
        given.put("dtype", dtype);
        given.values().removeIf(Objects::isNull);
        assertThat(TrainingArguments.defaults().withOverrides(given).dtype()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"push_to_hub\": true}|push_to_hub: vit4j does not upload; leave it out",
                "{\"deepspeed\": \"ds.json\"}|deepspeed: DeepSpeed is not supported; leave it out",
                "{\"deepspeed\": {\"zero_optimization\": {\"stage\": 2}}}|deepspeed: DeepSpeed is not supported",
                "{\"fsdp\": \"full_shard auto_wrap\"}|fsdp: FSDP is not supported",
                "{\"save_safetensors\": false}|safetensors only",
                "{\"accelerator_config\": {\"split_batches\": true}}|Accelerate",
                "{\"learning_rat\": 1}|learning_rat is not a training argument; did you mean learning_rate?",
                "{\"learning_rate\": \"fast\"}|learning_rate: \"fast\" is not a number; give at least 0",
                "{\"learning_rate\": -1}|learning_rate: -1 is not at least 0 and at most 1000",
                "{\"learning_rate\": [1]}|learning_rate: [1] is not a number",
                "{\"learning_rate\": NaN}|is not a number",
                "{\"learning_rate\": \"1e999\"}|is not a number",
                "{\"per_device_train_batch_size\": 0}|per_device_train_batch_size: 0 is not at least 1",
                "{\"per_device_train_batch_size\": 2.5}|2.5 is not a whole number",
                "{\"per_device_train_batch_size\": 1e300}|is not a whole number",
                "{\"bf16\": \"maybe\"}|\"maybe\" is not auto, true or false",
                "{\"eval_strategy\": \"epochs\"}|\"epochs\" is unknown; did you mean epoch? Use one of no, steps, epoch",
                "{\"optim\": \"lion_8bit\"}|\"lion_8bit\" is unknown",
                "{\"train_sampling_strategy\": \"group_by_length\"}|Use one of random, sequential",
                "{\"report_to\": [\"wandb\"]}|\"wandb\" is unknown",
                "{\"logging_steps\": 2.5}|neither a whole number nor a ratio below 1",
                "{\"warmup_ratio\": 1.5}|warmup_ratio: 1.5 is not at least 0 and below 1",
                "{\"lr_scheduler_kwargs\": \"num_cycles\"}|neither a JSON object nor name=value",
                "{\"pos_weight\": {\"Mass\": -1}}|not a number of at least 0",
                "{\"adam_beta1\": 1}|adam_beta1: 1 is not at least 0 and below 1",
                "[1, 2]|not an object",
            })
    void whatCannotBeMeantIsOneLineThatNamesIt(String jsonAndMessage) {
        int split = jsonAndMessage.lastIndexOf('|');
        assertThatThrownBy(() -> read(jsonAndMessage.substring(0, split)))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(folder.resolve("arguments.json").toString())
                .hasMessageContaining(jsonAndMessage.substring(split + 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "load_best_model_at_end=true|needs evaluations",
                "load_best_model_at_end=true eval_strategy=epoch|eval_strategy and save_strategy to be the same",
                "load_best_model_at_end=true eval_strategy=steps eval_steps=300|multiple of eval_steps",
                "load_best_model_at_end=true eval_strategy=steps eval_steps=0.1|a ratio and a count",
                "load_best_model_at_end=true eval_strategy=steps eval_steps=0.2 save_steps=0.3|multiple of eval_steps",
                "lr_scheduler_type=reduce_lr_on_plateau|needs evaluations",
                "early_stopping_patience=2|needs evaluations",
                "save_strategy=best|needs evaluations",
                "logging_steps=0|logging_strategy steps needs logging_steps above 0",
                "logging_strategy=no logging_steps=0 eval_strategy=steps|eval_strategy steps needs eval_steps",
                "fp16=true bf16=true|both true",
                "fp16_full_eval=true bf16_full_eval=true|both true",
                "dtype=float32 bf16=true|dtype float32 contradicts",
                "max_steps=0|max_steps is 0",
                "lr_scheduler_type=cosine_with_min_lr|min_lr",
                "lr_scheduler_type=cosine lr_scheduler_kwargs={\"num_cyles\":2}|num_cycles",
            })
    void argumentsThatContradictEachOtherAreRefused(String argumentsAndMessage) {
        int split = argumentsAndMessage.lastIndexOf('|');
        Map<String, String> given = words(argumentsAndMessage.substring(0, split));
        assertThatThrownBy(() -> TrainingArguments.defaults().withOverrides(given))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(argumentsAndMessage.substring(split + 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "load_best_model_at_end=true eval_strategy=epoch save_strategy=epoch",
                "load_best_model_at_end=true eval_strategy=steps save_strategy=best",
                "load_best_model_at_end=true eval_strategy=steps eval_steps=250 save_steps=500",
                // 0.3 is not three times the double 0.1; transformers' check lets it pass all the same
                "load_best_model_at_end=true eval_strategy=steps eval_steps=0.1 save_steps=0.3",
                "logging_strategy=no logging_steps=0",
                "eval_strategy=epoch lr_scheduler_type=reduce_lr_on_plateau",
            })
    void argumentsThatAgreeAreAccepted(String arguments) {
        assertThat(TrainingArguments.defaults().withOverrides(words(arguments)).notes())
                .isEmpty();
    }

    @Test
    void plateauLooksForMoreOfAMetricThatIsBetterHigh() {
        TrainingArguments args = TrainingArguments.defaults()
                .withOverrides(words("eval_strategy=epoch lr_scheduler_type=reduce_lr_on_plateau"
                        + " metric_for_best_model=roc_auc lr_scheduler_kwargs=patience=0"));
        LrSchedule rising = args.lrSchedule(100).after(0.6).after(0.7).after(0.8);
        assertThat(rising.rate(3)).isEqualTo(5e-5);
        assertThat(rising.after(0.5).rate(4)).isLessThan(5e-5);
    }

    @Test
    void onResumeOnlyWhatChangesTheMathematicsCounts() {
        TrainingArguments before = TrainingArguments.defaults();
        TrainingArguments now = before.withOverrides(words("learning_rate=1e-3 optim=adamw_torch_fused save_steps=7"
                + " num_train_epochs=5 threads=2 per_device_train_batch_size=4 gradient_accumulation_steps=2"));
        assertThat(before.differencesThatChangeTheMathematics(now))
                .extracting(TrainingArguments.Difference::toString)
                .containsExactly("learning_rate: 5.0E-5, now 0.001");
        assertThat(before.differences(now, Argument.Effect.LENGTH)).hasSize(1);
        assertThat(before.differences(now, Argument.Effect.BATCH)).hasSize(2);
    }

    @Test
    void aTokenIsNeitherKeptNorShown() {
        TrainingArguments args = read("{\"hub_token\": \"hf_secret\", \"push_to_hub_token\": \"hf_secret\"}");
        assertThat(args.toJson() + String.join("", args.notes())).doesNotContain("hf_secret");
        assertThat(args.notes()).hasSize(2);
    }

    private static Map<String, String> words(String arguments) {
        Map<String, String> given = new LinkedHashMap<>();
        for (String word : arguments.split(" ")) {
            given.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
        }
        return given;
    }
}
