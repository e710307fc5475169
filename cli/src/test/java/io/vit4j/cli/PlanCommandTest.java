package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import io.vit4j.parallel.Hardware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanCommandTest {
    @TempDir
    Path folder;

    private Path hardware;
    private Path walkthrough;

    @BeforeEach
    void writeFiles() throws IOException {
        hardware = Files.writeString(folder.resolve("cluster.json"), """
                {"name":"8 cards a box","float32_flops":6e13,"half_flops":4e14,"memory_bytes":85899345920,
                 "memory_bandwidth":2.5e12,"ranks_per_node":8,"link_bandwidth":3e11,"link_latency":5e-6,
                 "network_bandwidth":4e10,"network_latency":1e-5}
                """);
        walkthrough = Files.writeString(folder.resolve("ipu_config.json"), """
                {"ipus_per_replica":4,"layers_per_ipu":[3,3,3,3],"gradient_accumulation_steps":128,
                 "recompute_checkpoint_every_layer":true,"replicated_tensor_sharding":true,"matmul_proportion":0.3}
                """);
    }

    private CommandRun plan(Object... arguments) {
        List<String> line = new ArrayList<>(List.of("plan"));
        Arrays.stream(arguments).map(Object::toString).forEach(line::add);
        return CommandRun.of(line.toArray(String[]::new));
    }

    @Test
    void readingTenMillionPicturesIsPlanned() throws IOException {
        Path cluster = Files.writeString(folder.resolve("executors.json"), """
                {"float32_flops":1e12,"memory_bytes":34359738368,"memory_bandwidth":4e10,"link_bandwidth":1e9,"link_latency":5e-5,
                 "disk_bandwidth":5e8,"disk_bytes":1e12,"shared_bandwidth":5e8,"shared_total_bandwidth":9.408e9,"loader_bandwidth":1e9}
                """);
        Object[] asked = {
            "--model",
            "vit-base",
            "--hardware",
            cluster,
            "--n-ipu",
            64,
            "--pictures",
            10_000_000,
            "--num-train-epochs",
            2
        };
        CommandRun run = plan(asked);
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains(
                        "10,000,000 pictures of 150,528 bytes: 1401.9 GiB, in 2,941 files",
                        "read by 64 machines, 2 epochs")
                .contains("no room for one");
        CommandRun json = plan(with(asked, "--json"));
        JsonNode reading = Json.parse(json.out(), "plan").get("reading");
        assertThat(reading.get("shared").get("first_read_seconds").asDouble())
                .as("1.50528e12 bytes at 9.408e9 a second")
                .isEqualTo(160);
        assertThat(reading.get("copy_seconds").asDouble()).isEqualTo(64 * 160);
        assertThat(reading.get("load_seconds").asDouble()).isEqualTo(23.52);
        assertThat(plan(with(asked, "--num-train-epochs", "0")).exitCode()).isEqualTo(2);
    }

    private static Object[] with(Object[] words, Object... more) {
        List<Object> all = new ArrayList<>(Arrays.asList(words));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }

    @Test
    void theWalkthroughsLayoutIsPlannedFromOneRankToFourThousand() {
        CommandRun run = plan(
                "--model",
                "vit-base",
                "--ipu-config-name",
                folder,
                "--per-device-train-batch-size",
                1,
                "--hardware",
                hardware);
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("vit-base in bfloat16 on 8 cards a box")
                .contains("4 stages [3, 3, 3, 3] x 1 replica, micro-batch 1 x 128, recomputed, sharded")
                .contains("On the same number of ranks, 4: ")
                .containsPattern("(?m)^ +4096 ")
                .contains("--ipu-config-overrides \"pipeline_stages=");
        assertThat(run.out().lines().filter(line -> line.matches(" +\\d+ +\\d+ x \\d+ .*")))
                .hasSize(13);
    }

    @Test
    void theMethodCanBePlanned() {
        CommandRun run = plan("--model", "vit-tiny", "--method", "dino", "--hardware", hardware);
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    @Test
    void asJsonItIsOneObjectWhoseNumbersAgree() {
        CommandRun run = plan(
                "--model",
                "vit-base",
                "--parallel",
                walkthrough,
                "--n-ipu",
                8,
                "--gradient_accumulation_steps",
                64,
                "--gradient-checkpointing",
                "false",
                "--per-device-train-batch-size",
                2,
                "--dtype",
                "float32",
                "--hardware",
                hardware,
                "--json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out().lines()).hasSize(1);
        JsonNode json = Json.parseObject(run.out(), "the output");
        JsonNode configured = json.get("configured");
        assertThat(configured.get("stages").intValue()).isEqualTo(4);
        assertThat(configured.get("replicas").intValue()).isEqualTo(2);
        assertThat(configured.get("gradient_accumulation_steps").intValue()).isEqualTo(64);
        assertThat(configured.get("recomputation").booleanValue()).isFalse();
        assertThat(configured.get("global_batch").intValue()).isEqualTo(2 * 2 * 64);
        assertThat(configured.get("images_per_second").doubleValue()
                        * configured.get("step_seconds").doubleValue())
                .isBetween(255.99, 256.01);
        assertThat(configured.get("memory")).hasSize(4);
        assertThat(json.get("rows")).hasSize(13);
        JsonNode best = json.get("suggested");
        String overrides = json.get("suggested_overrides").textValue();
        CommandRun again = plan(
                "--model",
                "vit-base",
                "--ipu-config-overrides",
                overrides,
                "--per-device-train-batch-size",
                2,
                "--dtype",
                "float32",
                "--hardware",
                hardware,
                "--json");
        assertThat(again.exitCode()).as(again.err()).isZero();
        JsonNode repeated = Json.parseObject(again.out(), "the output").get("configured");
        assertThat(repeated.get("step_seconds")).isEqualTo(best.get("step_seconds"));
        assertThat(repeated.get("ranks")).isEqualTo(best.get("ranks"));
    }

    private long optimizerState(Object... arguments) {
        List<Object> line = new ArrayList<>(List.of("--model", "vit-tiny", "--hardware", hardware, "--json"));
        line.addAll(List.of(arguments));
        CommandRun run = plan(line.toArray());
        assertThat(run.exitCode()).as(run.err()).isZero();
        return Json.parseObject(run.out(), "the output")
                .at("/configured/memory/0/optimizer_state")
                .longValue();
    }

    @Test
    void theOptimizersStateIsItsOwn() {
        long adamW = optimizerState();
        assertThat(optimizerState("--optim", "lion")).isEqualTo(adamW / 2);
        assertThat(optimizerState("--model-ema-decay", 0.99)).isEqualTo(adamW / 2 * 3);
        assertThat(optimizerState("--optim", "adafactor")).isLessThan(adamW / 50);
        assertThat(optimizerState("--optim", "muon")).isBetween(adamW / 2, adamW / 10 * 6);
        assertThat(optimizerState("--optim", "sgd")).isZero();
        assertThat(optimizerState("--optim", "sgd", "--optim-args", "momentum=0.9"))
                .isEqualTo(adamW / 2);
        assertThat(plan("--model", "vit-tiny", "--hardware", hardware, "--optim", "adam")
                        .err())
                .contains("optim: \"adam\" is unknown");
    }

    @Test
    void aModelIsAPresetAConfigurationOrAFolder() throws IOException {
        String config = "{\"model_type\":\"vit\",\"hidden_size\":32,\"num_hidden_layers\":3,\"num_attention_heads\":2,"
                + "\"intermediate_size\":64,\"image_size\":32,\"patch_size\":16}";
        Files.writeString(folder.resolve("config.json"), config);
        for (Object model : List.of(folder, folder.resolve("config.json"))) {
            CommandRun run = plan("--model", model, "--hardware", hardware, "--json");
            assertThat(run.exitCode()).as(run.err()).isZero();
            JsonNode layers = Json.parseObject(run.out(), "the output").at("/configured/layers_per_stage");
            assertThat(layers).hasToString("[3]");
        }
    }

    @Tag("exhaustive")
    @Test
    void thisMachineIsMeasuredAndItsDescriptionCanBeGivenAgain() throws IOException {
        String config = "{\"model_type\":\"vit\",\"hidden_size\":64,\"num_hidden_layers\":2,\"num_attention_heads\":2,"
                + "\"intermediate_size\":128,\"image_size\":64,\"patch_size\":16}";
        Files.writeString(folder.resolve("config.json"), config);
        Path saved = folder.resolve("here.json");
        CommandRun run = plan(
                "--model",
                folder,
                "--measure",
                "--nproc-per-node",
                2,
                "--threads",
                1,
                "--save-hardware",
                saved,
                "--json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        Hardware here = Hardware.read(saved);
        assertThat(here.ranksPerNode()).isEqualTo(2);
        assertThat(here.float32Flops()).isGreaterThan(1e8);
        assertThat(here.overlap()).isBetween(0.0, 1.0);
        assertThat(here.link().bandwidth()).isGreaterThan(1e6);
        CommandRun again = plan("--model", folder, "--hardware", saved);
        assertThat(again.exitCode()).as(again.err()).isZero();
    }

    @Test
    void whatCannotBePlannedIsOneLine() {
        refused("give either --hardware FILE.json or --measure", "--model", "vit-base");
        refused("give either", "--model", "vit-base", "--measure", "--hardware", hardware);
        refused("no such file", "--model", "vit-base", "--hardware", folder.resolve("none.json"));
        refused("'vit-vast' is not a known model", "--model", "vit-vast", "--hardware", hardware);
        refused(
                "names 2 stages",
                "--model",
                "vit-base",
                "--parallel",
                folder,
                "--ipu-config-overrides",
                "layers_per_ipu=[6 6]",
                "--hardware",
                hardware);
        refused(
                "places 13 layers, but the model has 12",
                "--model",
                "vit-base",
                "--parallel",
                folder,
                "--ipu-config-overrides",
                "layers_per_ipu=[3 3 3 4]",
                "--hardware",
                hardware);
    }

    private void refused(String why, Object... arguments) {
        CommandRun run = plan(arguments);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains(why);
        assertThat(run.err().lines().filter(line -> !line.startsWith("Parallel configuration")))
                .hasSize(1);
        assertThat(run.out()).isEmpty();
    }
}
