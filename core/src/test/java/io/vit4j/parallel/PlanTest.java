package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.InputException;
import io.vit4j.model.ModelDefinition;
import io.vit4j.parallel.Hardware.Link;
import io.vit4j.parallel.Plan.Prediction;
import io.vit4j.torch.Dtype;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanTest {
    private static final ModelDefinition BASE = ModelDefinition.preset("vit-base");
    private static final ModelCost COST = new ModelCost(BASE, Dtype.FLOAT32);
    private static final Link FREE = new Link(1e30, 0);

    private static Hardware hardware(Link link, Link network, int ranksPerNode) {
        return new Hardware("test", 4e11, 7e11, 64L << 30, 4e10, 4e10, 1, ranksPerNode, link, network);
    }

    private static Layout layout(int stages, int replicas, int accumulation) {
        return new Layout(Placement.even(12, stages), replicas, 1, accumulation, false, false, false);
    }

    private static Layout with(Layout l, boolean recomputation, boolean sharding, boolean offload) {
        return new Layout(
                l.placement(), l.replicas(), l.microBatch(), l.accumulationSteps(), recomputation, sharding, offload);
    }

    private static double sum(java.util.function.IntToDoubleFunction cost) {
        return IntStream.range(0, COST.blocks()).mapToDouble(cost).sum();
    }

    @Test
    void weightsAreAsManyAsThePublishedModelHas() {
        List<String> labels = IntStream.range(0, 1000).mapToObj(i -> "l" + i).toList();
        ModelCost imagenet =
                new ModelCost(BASE.withLabels(labels, io.vit4j.data.ProblemType.SINGLE_LABEL), Dtype.FLOAT32);
        long all = IntStream.range(0, imagenet.blocks())
                .mapToLong(imagenet::parameters)
                .sum();
        assertThat(all).isEqualTo(86_567_656); // google/vit-base-patch16-224
    }

    @Test
    void operationsAreThePublishedOnesWhereEveryRowIsComputed() {
        double all = COST.forwardFlops(0) + 12 * COST.forwardFlops(1) + COST.forwardFlops(13);
        assertThat(all).isCloseTo(35.1e9, Percentage.withPercentage(0.3)); // 17.5 G multiply-adds, DeiT's paper: 17.6
        assertThat(COST.forwardFlops(12)).isBetween(0.16 * COST.forwardFlops(1), 0.19 * COST.forwardFlops(1));
        assertThat(sum(COST::backwardFlops)).isCloseTo(2 * sum(COST::forwardFlops) - COST.forwardFlops(0), within(1.0));
    }

    @Test
    void oneRankIsPureComputing() {
        Plan plan = Plan.of(COST, hardware(new Link(1, 1), new Link(1, 1), 1));
        Prediction one = plan.predict(layout(1, 1, 8));
        double walk = sum(b -> plan.times().forward(b, 1) + plan.times().backward(b, 1));
        assertThat(one.pipelineSeconds()).isCloseTo(8 * walk, Percentage.withPercentage(1e-6));
        assertThat(one.stepSeconds())
                .isCloseTo(8 * walk + plan.optimizerSeconds(layout(1, 1, 8), 0), Percentage.withPercentage(1e-6));
        assertThat(one.bubble()).isCloseTo(0, within(1e-12));
        assertThat(one.communicationSeconds()).isZero();
        assertThat(one.overlap()).isEqualTo(1);
        double ideal = (sum(COST::forwardFlops) + sum(COST::backwardFlops)) / 4e11;
        assertThat(walk).isBetween(ideal, 1.5 * ideal);
    }

    @Test
    void theOptimizerMovesThirtySixBytesAWeight() {
        Plan plan = Plan.of(COST, hardware(FREE, FREE, 8));
        double weights = sum(COST::parameters);
        double copies = 2 * sum(COST::stepWeightBytes);
        assertThat(plan.optimizerSeconds(layout(1, 1, 1), 0))
                .isCloseTo((36 * weights + copies) / 4e10, Percentage.withPercentage(1e-6));
        double offloaded = plan.optimizerSeconds(with(layout(1, 1, 1), false, false, true), 0);
        assertThat(offloaded).isCloseTo((52 * weights + copies) / 4e10, Percentage.withPercentage(1e-6));
        double sharded = plan.optimizerSeconds(with(layout(1, 4, 1), false, true, false), 0);
        assertThat(sharded).isCloseTo((15 * weights + copies) / 4e10, Percentage.withPercentage(1e-4));
    }

    @Test
    void aRingMovesTwiceAllButOneShare() {
        Link link = new Link(1e9, 1e-6);
        assertThat(Plan.ringAllReduceSeconds(2, 1e9, link)).isCloseTo(1 + 2e-6, within(1e-12));
        assertThat(Plan.ringAllReduceSeconds(4, 1e9, link)).isCloseTo(1.5 + 6e-6, within(1e-12));
        assertThat(Plan.ringAllReduceSeconds(4096, 1e9, link)).isCloseTo(2 * 4095 / 4096.0 + 8190e-6, within(1e-9));
        assertThat(Plan.ringAllReduceSeconds(1, 1e9, link)).isZero();
    }

    @Test
    void freeLinksHideAllReduceButForWhatIsReadyLast() {
        Plan plan = Plan.of(COST, hardware(new Link(1e11, 0), FREE, 8));
        Prediction two = plan.predict(layout(1, 2, 4));
        assertThat(two.communicationSeconds())
                .isCloseTo(4 * sum(COST::parameters) / 1e11, Percentage.withPercentage(1e-6));
        assertThat(two.overlap()).isBetween(0.9, 1.0);
        // the embeddings' bucket is complete only when backward ends
        assertThat(two.exposedSeconds()).isGreaterThanOrEqualTo(4 * COST.parameters(0) / 1e11);
    }

    @Test
    void aSlowLinkExposesAllThatDoesNotFitBesideTheLastBackward() {
        Plan plan = Plan.of(COST, hardware(new Link(1e8, 0), FREE, 8));
        Prediction two = plan.predict(layout(1, 2, 4));
        double backward = sum(b -> plan.times().backward(b, 1));
        assertThat(two.exposedSeconds()).isBetween(two.communicationSeconds() - backward, two.communicationSeconds());
        assertThat(two.stepSeconds()).isGreaterThan(two.pipelineSeconds() + two.exposedSeconds());
    }

    @Test
    void coresThatMoveTheBytesThemselvesHideNothing() {
        Link link = new Link(1e11, 1e-5);
        Hardware alone = hardware(link, link, 8);
        Hardware busy = new Hardware("test", 4e11, 7e11, 64L << 30, 4e10, 4e10, 0, 8, link, link);
        Layout replicas = layout(1, 2, 4);
        Prediction free = Plan.of(COST, alone).predict(replicas);
        Prediction shared = Plan.of(COST, busy).predict(replicas);
        assertThat(shared.exposedSeconds()).isCloseTo(shared.communicationSeconds(), Percentage.withPercentage(1e-9));
        assertThat(shared.overlap()).isCloseTo(0, within(1e-9));
        assertThat(shared.stepSeconds() - free.stepSeconds())
                .isCloseTo(free.communicationSeconds() - free.exposedSeconds(), Percentage.withPercentage(1e-6));
        Layout stages = layout(2, 1, 4);
        double transfer = Plan.of(COST, busy).transferSeconds(stages, 0);
        assertThat(Plan.of(COST, busy).predict(stages).pipelineSeconds())
                .isGreaterThan(Plan.of(COST, alone).predict(stages).pipelineSeconds() + 4 * transfer);
    }

    @Test
    void replicasMultiplyThroughputWhereLinksAreFree() {
        Plan plan = Plan.of(COST, hardware(FREE, FREE, 4096));
        double one = plan.predict(layout(1, 1, 8)).imagesPerSecond();
        assertThat(plan.predict(layout(1, 16, 8)).imagesPerSecond())
                .isCloseTo(16 * one, Percentage.withPercentage(1e-6));
    }

    @Test
    void equalStagesBubbleAsTheClosedFormSays() {
        ModelCost cost = COST;
        Plan.BlockTimes oneSecondALayer = new Plan.BlockTimes() {
            @Override
            public double forward(int block, int microBatch) {
                return block == 0 || block == 13 ? 0 : 1;
            }

            @Override
            public double backward(int block, int microBatch) {
                return 2 * forward(block, microBatch);
            }
        };
        Plan plan = new Plan(cost, hardware(FREE, FREE, 8), oneSecondALayer, 25);
        Prediction four = plan.predict(layout(4, 1, 128));
        assertThat(four.bubble()).isCloseTo(3.0 / 131, within(1e-9));
        assertThat(four.pipelineSeconds()).isCloseTo(9.0 * 131, within(1e-6));
        Prediction recomputed = plan.predict(with(layout(4, 1, 128), true, false, false));
        assertThat(recomputed.pipelineSeconds()).isCloseTo(12.0 * 131, within(1e-6));
    }

    @Test
    void stagesShareTheWeightsMemory() {
        Plan plan = Plan.of(COST, hardware(FREE, FREE, 8));
        Prediction whole = plan.predict(layout(1, 1, 128));
        Prediction four = plan.predict(layout(4, 1, 128));
        assertThat(four.memory().stream().mapToLong(Plan.Memory::parameters).sum())
                .isEqualTo(whole.memory().get(0).parameters());
        assertThat(whole.memory().get(0).parameters()).isEqualTo(4 * (long) sum(COST::parameters));
        assertThat(whole.memory().get(0).optimizerState()).isEqualTo(8 * (long) sum(COST::parameters));
        assertThat(four.memory().get(1).gradients()).isEqualTo(4 * 3 * COST.parameters(1));
    }

    @Test
    void activationsAreThoseOfTheMicroBatchesInFlight() {
        Plan plan = Plan.of(COST, hardware(FREE, FREE, 8));
        Layout four = layout(4, 1, 128);
        assertThat(plan.memory(four, 1).activations()).isEqualTo(3 * 3 * COST.activationBytes(2));
        assertThat(plan.memory(four, 2).activations()).isEqualTo(2 * 3 * COST.activationBytes(2));
        assertThat(plan.memory(layout(4, 1, 1), 1).activations()).isEqualTo(3 * COST.activationBytes(2));
        long recomputed = plan.memory(with(four, true, false, false), 1).activations();
        assertThat(recomputed)
                .isEqualTo(9 * COST.inputBytes(2) + COST.activationBytes(2) - COST.inputBytes(2))
                .isLessThan((long) (0.3 * plan.memory(four, 1).activations()));
    }

    @Test
    void shardingAndOffloadTakeTheMomentsOffTheRank() {
        Plan plan = Plan.of(COST, hardware(FREE, FREE, 8));
        long whole = plan.memory(layout(1, 2, 1), 0).optimizerState();
        assertThat(plan.memory(with(layout(1, 2, 1), false, true, false), 0).optimizerState())
                .isEqualTo(whole / 2);
        assertThat(plan.memory(with(layout(1, 2, 1), false, false, true), 0).optimizerState())
                .isZero();
        assertThat(plan.memory(with(layout(1, 1, 1), false, true, false), 0).optimizerState())
                .isEqualTo(whole);
    }

    @Test
    void halfTypesComputeFaster() {
        ModelCost half = new ModelCost(BASE, Dtype.BFLOAT16);
        Hardware hardware = hardware(FREE, FREE, 8);
        assertThat(half.forwardSeconds(1, 8, hardware)).isLessThan(COST.forwardSeconds(1, 8, hardware));
    }

    @Test
    void groupsThatLeaveAMachineShareItsNetwork() {
        Hardware nodes = hardware(new Link(1e11, 0), new Link(1e10, 1e-5), 8);
        assertThat(nodes.between(8, 1)).isEqualTo(new Link(1e11, 0));
        assertThat(nodes.between(2, 4)).isEqualTo(new Link(1e11, 0));
        assertThat(nodes.between(3, 4)).isEqualTo(new Link(2.5e9, 1e-5));
        assertThat(nodes.between(9, 1)).isEqualTo(new Link(1e10, 1e-5));
        assertThat(nodes.between(2, 64)).isEqualTo(new Link(1.25e9, 1e-5));
    }

    @Test
    void theTableGoesFromOneRankToFourThousand() {
        ParallelConfig config =
                ParallelConfig.of(ParallelOptions.NONE.withOverrides("gradient_accumulation_steps=128"));
        Plan plan = Plan.of(COST, hardware(new Link(1e11, 1e-6), new Link(2e10, 5e-6), 8));
        List<PlanTable.PlanRow> rows = PlanTable.rows(plan, config, 1);
        assertThat(rows)
                .extracting(PlanTable.PlanRow::ranks)
                .containsExactly(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096);
        double before = 0;
        for (PlanTable.PlanRow row : rows) {
            Prediction best = row.best().orElseThrow();
            assertThat(best.layout().ranks()).isEqualTo(row.ranks());
            if (row.ranks() <= 128) {
                assertThat(best.layout().globalBatch()).isEqualTo(128);
                assertThat(best.imagesPerSecond()).isGreaterThan(before);
                before = best.imagesPerSecond();
            }
        }
        List<String> lines = PlanTable.format(rows);
        assertThat(lines).hasSize(14);
        assertThat(lines.get(0)).contains("memory/rank", "bubble", "images/s");
        assertThat(lines.get(1)).contains("1 x 1").contains("100%");
    }

    @Test
    void aModelTooLargeForARankIsSplitAndOneTooLargeForAllIsSaidSo() {
        ParallelConfig config = ParallelConfig.of(ParallelOptions.NONE.withOverrides("gradient_accumulation_steps=16"));
        Hardware small = new Hardware("small", 4e11, 7e11, 700L << 20, 4e10, 4e10, 1, 8, FREE, FREE);
        PlanTable.PlanRow one = PlanTable.row(Plan.of(COST, small), config, 1, 1);
        assertThat(one.best()).isEmpty();
        assertThat(one.leastBytes()).isGreaterThan(small.memoryBytes());
        assertThat(PlanTable.format(List.of(one)).get(1)).contains("none fits");
        Prediction four =
                PlanTable.row(Plan.of(COST, small), config, 1, 4).best().orElseThrow();
        assertThat(four.layout().stages()).isGreaterThan(1);
        assertThat(four.peakBytes()).isLessThanOrEqualTo(small.memoryBytes());
    }

    @Test
    void aConfigurationOfAnOddNumberOfRanksHasItsRow() {
        ParallelConfig config = ParallelConfig.of(
                ParallelOptions.NONE.withOverrides("ipus_per_replica=3,replicas=2,gradient_accumulation_steps=4"));
        Plan plan = Plan.of(COST, hardware(FREE, FREE, 8));
        assertThat(PlanTable.rows(plan, config, 1))
                .extracting(PlanTable.PlanRow::ranks)
                .contains(4, 6, 8);
        assertThat(Layout.of(config, 12, 1).placement().layersPerStage()).isEqualTo(Collections.nCopies(3, 4));
    }

    @Test
    void aDescriptionOfHardwareIsRead(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("cluster.json"), """
                {"name":"8 cards a box","float32_flops":6e13,"half_flops":7e14,"memory_bytes":85899345920,
                 "memory_bandwidth":3e12,"host_bandwidth":5e10,"ranks_per_node":8,"link_bandwidth":4e11,
                 "link_latency":3e-6,"network_bandwidth":5e10,"network_latency":1e-5}
                """);
        Hardware read = Hardware.read(file);
        assertThat(read)
                .isEqualTo(new Hardware(
                        "8 cards a box",
                        6e13,
                        7e14,
                        80L << 30,
                        3e12,
                        5e10,
                        1,
                        8,
                        new Link(4e11, 3e-6),
                        new Link(5e10, 1e-5)));
        assertThat(read.flops(Dtype.FLOAT32)).isEqualTo(6e13);
        assertThat(read.flops(Dtype.BFLOAT16)).isEqualTo(7e14);

        String least = "{\"float32_flops\":1e9,\"memory_bytes\":1e9,\"memory_bandwidth\":1e9,"
                + "\"link_bandwidth\":1e9,\"link_latency\":0";
        Hardware plain = Hardware.read(Files.writeString(file, least + "}"));
        assertThat(plain)
                .isEqualTo(new Hardware(
                        "cluster.json", 1e9, 1e9, 1_000_000_000, 1e9, 1e9, 1, 1, new Link(1e9, 0), new Link(1e9, 0)));
        refused(file, least + ",\"flops\":1}", "\"flops\"", "half_flops");
        Hardware cores = Hardware.read(Files.writeString(file, least + ",\"overlap\":0.5}"));
        assertThat(cores.overlap()).isEqualTo(0.5);
        Files.writeString(file, read.toJson().pretty());
        assertThat(Hardware.read(file)).isEqualTo(read);
        refused(file, least + ",\"overlap\":1.5}", "overlap is 1.5", "from 0 to 1");
        refused(file, least + ",\"ranks_per_node\":0}", "ranks_per_node is 0");
        refused(file, least + ",\"half_flops\":-1}", "half_flops is -1", "above 0");
        refused(file, least + ",\"half_flops\":NaN}", "half_flops is NaN");
        refused(file, least + ",\"network_latency\":\"1\"}", "network_latency is \"1\"");
        refused(file, "{\"float32_flops\":1e9}", "memory_bandwidth is missing");
    }

    private static void refused(Path file, String json, String... saying) throws Exception {
        Files.writeString(file, json);
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> Hardware.read(file))
                .satisfies(
                        e -> assertThat(e.getMessage()).contains("cluster.json").contains(saying));
    }
}
