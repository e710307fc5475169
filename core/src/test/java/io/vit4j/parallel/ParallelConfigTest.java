package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParallelConfigTest {
    /** As the hub holds it for Graphcore/vit-base-ipu. */
    private static final String PUBLISHED = """
            {"recompute_checkpoint_every_layer":true,"optimizer_state_offchip":true,"replicated_tensor_sharding":true,
             "enable_half_partials":true,"replication_factor":1,"gradient_accumulation_steps":128,
             "device_iterations":1,"executable_cache_dir":"./exe_cache","inference_device_iterations":4,
             "inference_replication_factor":1,"ipus_per_replica":4,"layers_per_ipu":[3,3,3,3],"matmul_proportion":0.3}
            """;

    private static final ParallelOptions NONE = ParallelOptions.NONE;

    private static ParallelConfig config(String json) {
        return config(json, NONE);
    }

    private static ParallelConfig config(String json, ParallelOptions options) {
        return ParallelConfig.of(JsonObject.parse(json, "FOLDER/ipu_config.json"), options);
    }

    private static ParallelConfig overridden(String json, String overrides) {
        return config(json, NONE.withOverrides(overrides));
    }

    private static void refused(Supplier<?> work, String... saying) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(work::get)
                .satisfies(e -> assertThat(e.getMessage()).contains(saying).doesNotContain("\n"));
    }

    private static void refused(String json, String... saying) {
        refused(() -> config(json), saying);
    }

    @Test
    void thePublishedConfigurationIsReadWhole() {
        ParallelConfig config = config(PUBLISHED);
        assertThat(config.stages()).isEqualTo(4);
        assertThat(config.inferenceStages()).isEqualTo(4);
        assertThat(config.placement(12).layersPerStage()).containsExactly(3, 3, 3, 3);
        assertThat(config.inferencePlacement(12).layersPerStage()).containsExactly(3, 3, 3, 3);
        assertThat(config.replicas()).isEqualTo(1);
        assertThat(config.ranks()).isEqualTo(4);
        assertThat(config.gradientAccumulationSteps()).hasValue(128);
        assertThat(config.deviceIterations()).isEqualTo(1);
        assertThat(config.inferenceDeviceIterations()).isEqualTo(4);
        assertThat(config.recomputation()).isTrue();
        assertThat(config.optimizerStateSharding()).isTrue();
        assertThat(config.optimizerStateOffload()).isTrue();
        assertThat(config.autoLossScaling()).isFalse();
        assertThat(config.batches(1).samplesPerUpdate()).isEqualTo(128);
        assertThat(config.notes())
                .containsExactly(
                        "Parallel configuration: no effect here: matmul_proportion, enable_half_partials,"
                                + " executable_cache_dir",
                        "Parallel configuration: replicated_tensor_sharding (optimizer_state_sharding) has no effect"
                                + " with one replica");
    }

    @Test
    void theDefaultsAreThoseOfTheLastPublishedVersion() {
        ParallelConfig config = config("{}");
        assertThat(config).isEqualTo(ParallelConfig.SINGLE);
        assertThat(config.layersPerStage()).containsExactly(-1);
        assertThat(config.stages()).isEqualTo(1);
        assertThat(config.inferenceStages()).isEqualTo(1);
        assertThat(config.ranks()).isEqualTo(1);
        assertThat(config.inferenceRanks()).isEqualTo(1);
        assertThat(config.gradientAccumulationSteps()).isEqualTo(OptionalInt.empty());
        assertThat(config.deviceIterations()).isEqualTo(1);
        assertThat(config.inferenceDeviceIterations()).isEqualTo(1);
        assertThat(config.recomputation()).isFalse();
        assertThat(config.optimizerStateSharding()).isFalse();
        assertThat(config.optimizerStateOffload()).isFalse();
        assertThat(config.autoLossScaling()).isFalse();
        assertThat(config.notes()).isEmpty();
        assertThat(config("{\"layers_per_ipu\":[1,2,-1,-1]}").stages()).isEqualTo(4);
    }

    @Test
    void hardwareNeutralNamesSayTheSame() {
        ParallelConfig published = config("""
                {"layers_per_ipu":[4,8],"inference_layers_per_ipu":[12],"ipus_per_replica":2,
                 "inference_ipus_per_replica":1,"replication_factor":2,"inference_replication_factor":4,
                 "gradient_accumulation_steps":8,"device_iterations":1,"inference_device_iterations":3,
                 "recompute_checkpoint_every_layer":true,"replicated_tensor_sharding":true,
                 "optimizer_state_offchip":true,"auto_loss_scaling":true}
                """);
        ParallelConfig neutral = config("""
                {"layers_per_stage":[4,8],"inference_layers_per_stage":[12],"pipeline_stages":2,
                 "inference_pipeline_stages":1,"replicas":2,"inference_replicas":4,
                 "gradient_accumulation_steps":8,"steps_per_return":1,"inference_micro_batches":3,
                 "recomputation":true,"optimizer_state_sharding":true,
                 "optimizer_state_offload":true,"auto_loss_scaling":true}
                """);
        assertThat(neutral).isEqualTo(published);
        assertThat(neutral.notes()).isEmpty();
        assertThat(neutral.recomputation() && neutral.optimizerStateSharding() && neutral.optimizerStateOffload())
                .isTrue();
    }

    @Test
    void twoNamesOfOneSettingAreRefused() {
        refused(
                "{\"layers_per_ipu\":[3,3,3,3],\"layers_per_stage\":[3,3,3,3]}",
                "\"layers_per_ipu\" and \"layers_per_stage\"",
                "keep one");
    }

    @Test
    void inferenceStagesFollowThePublishedRules() {
        inference("{\"layers_per_ipu\":[3,3,3,3]}", 3, 3, 3, 3);
        inference("{\"layers_per_ipu\":[3,3,3,3],\"inference_layers_per_ipu\":[-1]}", 12);
        inference("{\"ipus_per_replica\":4}", 3, 3, 3, 3);
        inference("{\"ipus_per_replica\":4,\"inference_ipus_per_replica\":2}", 6, 6);
        inference("{\"ipus_per_replica\":4,\"inference_layers_per_ipu\":[6,6]}", 6, 6);
        inference("{\"layers_per_ipu\":[3,3,3,3],\"inference_layers_per_ipu\":null}", 3, 3, 3, 3);
        inference("{\"layers_per_ipu\":[3,3,3,3],\"inference_ipus_per_replica\":1}", 12);
        refused("{\"layers_per_ipu\":[3,3,3,3],\"inference_ipus_per_replica\":2}", "names 4 stages", "has 2");
    }

    private static void inference(String json, Integer... layers) {
        assertThat(config(json).inferencePlacement(12).layersPerStage()).containsExactly(layers);
    }

    @Test
    void ipusPerReplicaAloneSharesTrainingEvenlyToo() {
        assertThat(config("{\"ipus_per_replica\":5}").placement(12).layersPerStage())
                .containsExactly(2, 2, 2, 2, 4);
    }

    @Test
    void layersThatDoNotFitTheStagesAreRefusedBeforeAnyModelIsKnown() {
        refused("{\"layers_per_ipu\":[3,3,3,3],\"ipus_per_replica\":3}", "names 4 stages", "has 3");
        refused("{\"layers_per_ipu\":[-1,-1],\"ipus_per_replica\":3}", "names 2 stages");
        refused("{\"layers_per_ipu\":[]}", "layers_per_ipu is empty");
        refused("{\"layers_per_ipu\":[-2,3]}", "has -2");
        refused("{\"inference_layers_per_ipu\":[-2,3]}", "inference_layers_per_ipu", "has -2");
        refused(() -> config("{\"layers_per_ipu\":[3,3,3,2]}").placement(12), "places 11 layers");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "replication_factor",
                "inference_replication_factor",
                "gradient_accumulation_steps",
                "device_iterations",
                "inference_device_iterations",
                "ipus_per_replica",
                "inference_ipus_per_replica",
                "embedding_serialization_factor",
                "inference_embedding_serialization_factor",
                "projection_serialization_factor",
                "inference_projection_serialization_factor"
            })
    void countsAreWholeNumbersOfAtLeastOne(String field) {
        for (String bad : List.of("16.0", "-1", "\"16\"", "true", "[16]", "1e400", "99999999999999999999", "1.5")) {
            refused("{\"" + field + "\":" + bad + "}", "FOLDER/ipu_config.json: " + field + " is", "whole number");
        }
        if (!field.equals("embedding_serialization_factor")) {
            refused("{\"" + field + "\":0}", "whole number of at least 1");
        }
        config("{\"" + field + "\":1}");
    }

    @Test
    void zeroForTheEmbeddingsSerializationMeansOne() {
        ParallelConfig config = config("{\"embedding_serialization_factor\":0}");
        assertThat(config.toJson().integer("embedding_serialization_factor")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "recompute_checkpoint_every_layer", "replicated_tensor_sharding", "optimizer_state_offchip",
                "auto_loss_scaling", "enable_half_partials", "explicit_ir_inference"
            })
    void flagsAreTrueOrFalse(String field) {
        for (String bad : List.of("1", "\"true\"", "null", "[true]")) {
            refused("{\"" + field + "\":" + bad + "}", field, "must be true or false");
        }
        config("{\"" + field + "\":true}");
    }

    @Test
    void matmulProportionIsANumberOrOneForEachStage() {
        config("{\"layers_per_ipu\":[6,6],\"matmul_proportion\":[0.1,0]}");
        config("{\"layers_per_ipu\":[6,6],\"inference_layers_per_ipu\":[12],\"inference_matmul_proportion\":[1]}");
        config("{\"matmul_proportion\":0}");
        refused("{\"layers_per_ipu\":[6,6],\"matmul_proportion\":[0.1]}", "matmul_proportion has 1 values", "2 stages");
        refused("{\"inference_matmul_proportion\":[0.1,0.2]}", "inference_matmul_proportion has 2 values");
        for (String bad : List.of("-0.1", "NaN", "Infinity", "\"0.2\"", "[]", "[-1]", "[null]", "true", "null")) {
            refused("{\"matmul_proportion\":" + bad + "}", "matmul_proportion is", "at least 0");
        }
    }

    @Test
    void outputModeIsOneOfFour() {
        List.of("all", "sum", "final", "default").forEach(mode -> config("{\"output_mode\":\"" + mode + "\"}"));
        refused("{\"output_mode\":\"last\"}", "output_mode is \"last\"", "final");
        refused("{\"output_mode\":3}", "output_mode is 3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "serialized_embedding_splits_per_ipu", "inference_serialized_embedding_splits_per_ipu",
                "serialized_projection_splits_per_ipu", "inference_serialized_projection_splits_per_ipu"
            })
    void splitsHaveOneEntryAStageAndAreNeighbours(String field) {
        String four = "\"layers_per_ipu\":[3,3,3,3],\"" + field + "\":";
        config("{" + four + "[3,1,0,0]}");
        config("{" + four + "[0,2,1,0]}");
        config("{" + four + "null}");
        refused("{" + four + "[3,0,2,0]}", field, "neighbouring stages");
        refused("{" + four + "[0,0,0,0]}", field, "at least one split");
        refused("{" + four + "[1,-1,0,0]}", field, "none of them negative");
        refused("{" + four + "[1,1]}", field + " has 2 values", "4 stages");
        String factor = field.replace("serialized_", "").replace("splits_per_ipu", "serialization_factor");
        refused("{" + four + "[1,1,0,0],\"" + factor + "\":2}", field, "cannot be combined with " + factor);
        config("{" + four + "[1,1,0,0],\"" + factor + "\":null}");
    }

    @Test
    void valuesByPodTypeAreChosenByThePodType() {
        String json = "{\"replication_factor\":{\"pod4\":1,\"pod16\":4,\"default\":2},\"ipus_per_replica\":4}";
        assertThat(config(json).replicas()).isEqualTo(2);
        assertThat(config(json, NONE.withPodType("pod16")).replicas()).isEqualTo(4);
        refused(() -> config(json, NONE.withPodType("pod64")), "replication_factor", "pod64", "[pod4, pod16, default]");
        refused("{\"replication_factor\":{\"pod4\":1}}", "replication_factor", "no \"default\"", "--pod-type");
        refused("{\"replication_factor\":{\"pod5\":1}}", "no \"pod5\"", "did you mean \"pod4\"");
        refused("{\"replication_factor\":{\"default\":0}}", "replication_factor is 0");
        refused("{\"replication_factor\":{\"default\":{\"default\":1}}}", "whole number");
        refused(() -> NONE.withPodType("pod17"), "--pod-type", "pod16");
        assertThat(config("{}", NONE.withPodType("pod4")).notes().toString()).contains("--pod-type has no effect");
        assertThat(config(json, NONE.withPodType("pod4")).notes()).isEmpty();
    }

    @Test
    void olderFieldsAreAcceptedAndNamed() {
        ParallelConfig config = config("""
                {"use_popdist":false,"compile_only":false,"random_seed":null,"synthetic_data":false,"profile_dir":"p",
                 "decompose_grad_sum":true,"sharded_execution_for_inference":false,
                 "enable_half_first_order_momentum":true,"execute_encoder_on_cpu_for_generation":false,
                 "optimum_version":"1.2.3","transformers_version":"4.20.1","seed":42,
                 "parallelize_kwargs":{"use_cond_encoder":true},"inference_parallelize_kwargs":{}}
                """);
        assertThat(config.notes())
                .containsExactly("Parallel configuration: no effect here: seed, parallelize_kwargs,"
                        + " inference_parallelize_kwargs, use_popdist, compile_only, synthetic_data, profile_dir,"
                        + " decompose_grad_sum, sharded_execution_for_inference, enable_half_first_order_momentum,"
                        + " execute_encoder_on_cpu_for_generation, optimum_version, transformers_version");
        assertThat(config.toJson().has("use_popdist")).isFalse();
    }

    @Test
    void whatOptimumLeavesUnsetIsWrittenAsNullAndReadAsNotGiven() {
        ParallelConfig config = config("""
                {"seed":null,"ipus_per_replica":null,"inference_ipus_per_replica":null,"executable_cache_dir":null,
                 "inference_matmul_proportion":null,"embedding_serialization_factor":null,"parallelize_kwargs":null}
                """);
        assertThat(config).isEqualTo(ParallelConfig.SINGLE);
        refused("{\"replication_factor\":null}", "replication_factor is null");
        refused("{\"layers_per_ipu\":null}", "layers_per_ipu is null");
    }

    @Test
    void anUnknownFieldIsRefusedWithTheNearestName() {
        refused("{\"layer_per_ipu\":[3]}", "FOLDER/ipu_config.json", "\"layer_per_ipu\"", "\"layers_per_ipu\"");
        refused("{\"replica\":2}", "did you mean \"replicas\"");
        refused("{\"\":2}", "did you mean");
    }

    @Test
    void numberOfDevicesSetsReplicas() {
        ParallelConfig config = config(PUBLISHED, NONE.withRanks(16));
        assertThat(config.replicas()).isEqualTo(4);
        assertThat(config.inferenceReplicas()).isEqualTo(4);
        ParallelConfig mixed =
                config("{\"layers_per_ipu\":[6,6],\"inference_layers_per_ipu\":[4,4,4]}", NONE.withRanks(4));
        assertThat(mixed.replicas()).isEqualTo(2);
        assertThat(mixed.inferenceReplicas()).isEqualTo(1);
        refused(() -> config(PUBLISHED, NONE.withRanks(6)), "--n-ipu 6", "multiple of 4");
        refused(() -> config(PUBLISHED, NONE.withRanks(2)), "--n-ipu 2", "multiple of 4");
        refused(
                () -> config("{\"inference_layers_per_ipu\":[4,4,4]}", NONE.withRanks(2)),
                "--n-ipu 2",
                "3-stage inference pipeline");
        refused(() -> NONE.withRanks(0), "--n-ipu is 0");
    }

    @Test
    void overridesComeAfterTheNumberOfDevicesAndArgumentsAfterThem() {
        ParallelOptions options = NONE.withRanks(16).withOverrides("replication_factor=3,auto_loss_scaling=no");
        assertThat(config(PUBLISHED, options).replicas()).isEqualTo(3);
        assertThat(config(PUBLISHED, options).gradientAccumulationSteps()).hasValue(128);
        ParallelConfig all = config(
                PUBLISHED,
                NONE.withOverrides("gradient_accumulation_steps=2,recomputation=yes,auto_loss_scaling=0")
                        .withGradientAccumulationSteps(7)
                        .withGradientCheckpointing(false)
                        .withAutoLossScaling(true));
        assertThat(all.gradientAccumulationSteps()).hasValue(7);
        assertThat(all.recomputation()).isFalse();
        assertThat(all.autoLossScaling()).isTrue();
        refused(() -> NONE.withGradientAccumulationSteps(0), "--gradient-accumulation-steps is 0");
    }

    @Test
    void overridesTakeEveryKindOfValue() {
        ParallelConfig config = overridden(
                PUBLISHED,
                " layers_per_stage=[6 6], ipus_per_replica=2 ,inference_layers_per_ipu=[ -1, -1 ],"
                        + "matmul_proportion=[0.1 2],inference_matmul_proportion=0.25,output_mode=all,"
                        + "executable_cache_dir=./here,embedding_serialization_factor=2,use_popdist=true");
        assertThat(config.layersPerStage()).containsExactly(6, 6);
        assertThat(config.inferenceStages()).isEqualTo(2);
        assertThat(config.passedOver().numbers("matmul_proportion")).containsExactly(0.1, 2.0);
        assertThat(config.passedOver().number("inference_matmul_proportion")).isEqualTo(0.25);
        assertThat(config.passedOver().text("executable_cache_dir")).isEqualTo("./here");
        for (String yes : List.of("true", "1", "y", "yes", "TRUE")) {
            assertThat(overridden("{}", "recomputation=" + yes).recomputation()).isTrue();
        }
        for (String no : List.of("false", "0", "n", "no", "No")) {
            assertThat(overridden(PUBLISHED, "recomputation=" + no).recomputation())
                    .isFalse();
        }
        assertThat(overridden(PUBLISHED, " ")).isEqualTo(config(PUBLISHED));
    }

    @Test
    void aWrongOverrideIsRefused() {
        refused(
                () -> overridden("{}", "recomputation=maybe"),
                "--ipu-config-overrides: recomputation",
                "true or false");
        refused(() -> overridden("{}", "replicas=two"), "replicas is \"two\"");
        refused(() -> overridden("{}", "replicas=2.0"), "replicas is 2.0");
        refused(() -> overridden("{}", "replicas="), "replicas is \"\"");
        refused(() -> overridden("{}", "replicas"), "\"replicas\" has no value");
        refused(() -> overridden("{}", "replicas=2,"), "has no value");
        refused(() -> overridden("{}", "replica=2"), "did you mean \"replicas\"");
        refused(() -> overridden("{}", "replicas=2,replicas=3"), "given twice");
        refused(() -> overridden("{}", "replicas=2,replication_factor=3"), "two names of the same setting");
        refused(() -> overridden("{}", "layers_per_ipu=[3 x]"), "layers_per_ipu");
        refused(() -> overridden("{}", "layers_per_ipu=3"), "layers_per_ipu is 3");
        refused(() -> overridden("{}", "layers_per_ipu=[]"), "is empty");
        refused(() -> overridden(PUBLISHED, "layers_per_ipu=[6 6]"), "names 2 stages", "has 4");
        refused(() -> overridden("{}", "parallelize_kwargs={}"), "parallelize_kwargs");
        refused(() -> overridden("{}", ",".repeat(1_000_000)), "longer than");
    }

    @Test
    void moreRanksThanAnyJobHasAreRefusedAtOnce() {
        refused("{\"ipus_per_replica\":2147483647}", "more than 65536 ranks");
        refused("{\"replicas\":2147483647,\"ipus_per_replica\":2}", "more than 65536 ranks");
        refused("{\"inference_replicas\":70000}", "inference_replicas", "more than 65536 ranks");
    }

    @Test
    void deviceIterationsAreSaidToBeCountedOneByOne() {
        assertThat(config("{\"device_iterations\":5}").notes().toString()).contains("every update counts as one step");
    }

    @Test
    void whatIsWrittenReadsBackTheSameAndHasOnlyPublishedNames() {
        for (String json : List.of(
                "{}",
                PUBLISHED,
                "{\"ipus_per_replica\":4,\"inference_ipus_per_replica\":2}",
                "{\"layers_per_stage\":[1,2,-1,-1],\"replicas\":2,\"recomputation\":true,\"seed\":1}",
                "{\"layers_per_ipu\":[3,3,3,3],\"inference_layers_per_ipu\":[-1],\"output_mode\":\"all\"}")) {
            ParallelConfig config = config(json, NONE.withGradientAccumulationSteps(5));
            ParallelConfig again = config(config.toJson().pretty());
            assertThat(again).isEqualTo(config);
            for (String name : config.toJson().keys()) {
                assertThat(ConfigField.byName().get(name).published())
                        .isIn(config.toJson().keys());
            }
        }
    }

    @Test
    void aListThatOneStagePassesOverIsNotWrittenAsOptimumWouldRefuseIt() {
        ParallelConfig config = config("{\"layers_per_ipu\":[3,3,3,3],\"inference_ipus_per_replica\":1}");
        assertThat(config.toJson().integers("layers_per_ipu")).containsExactly(3, 3, 3, 3);
        assertThat(config.toJson().integers("inference_layers_per_ipu")).containsExactly(-1);
    }

    @Test
    void aFolderOrAFileIsReadAndACheckpointKeepsIt(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve("ipu_config.json"), PUBLISHED);
        Files.writeString(folder.resolve("other.json"), "{\"replicas\":2}");
        assertThat(ParallelConfig.read(folder, NONE)).isEqualTo(config(PUBLISHED));
        assertThat(ParallelConfig.read(folder.resolve("other.json"), NONE).replicas())
                .isEqualTo(2);
        Path checkpoint = Files.createDirectory(folder.resolve("checkpoint-1"));
        config(PUBLISHED).write(checkpoint);
        assertThat(ParallelConfig.read(checkpoint, NONE)).isEqualTo(config(PUBLISHED));
    }

    @Test
    void aFileThatIsNoneIsOneClearLine(@TempDir Path folder) throws Exception {
        refused(
                () -> ParallelConfig.read(folder, NONE),
                folder.resolve("ipu_config.json").toString(),
                "no such file");
        Path broken = Files.writeString(folder.resolve("broken.json"), "{\"replicas\":");
        refused(() -> ParallelConfig.read(broken, NONE), "broken.json", "line 1");
        Path list = Files.writeString(folder.resolve("list.json"), "[1]");
        refused(() -> ParallelConfig.read(list, NONE), "list.json", "not an object");
        Path hostile = Files.writeString(folder.resolve("hostile.json"), "{\"a\":" + "[".repeat(100_000));
        refused(() -> ParallelConfig.read(hostile, NONE), "hostile.json");
        String long1 = "{\"layers_per_ipu\":[" + "1,".repeat(100_000) + "1]}";
        refused(() -> config(long1), "more than 65536 ranks");
    }
}
