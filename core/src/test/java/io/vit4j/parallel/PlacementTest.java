package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static List<Integer> placed(int layers, int stages, Integer... asked) {
        return Placement.of(layers, stages, List.of(asked), "layers_per_ipu").layersPerStage();
    }

    @Test
    void oneStageHoldsEverythingWhateverIsAsked() {
        assertThat(placed(12, 1, 3, 3, 3, 3)).containsExactly(12);
        assertThat(placed(12, 1, 5)).containsExactly(12);
        assertThat(placed(12, 1, -1)).containsExactly(12);
    }

    @Test
    void evenSharesLeaveTheWholeRemainderToTheLastStage() {
        assertThat(placed(12, 4, -1)).containsExactly(3, 3, 3, 3);
        assertThat(placed(12, 4, -1, -1, -1, -1)).containsExactly(3, 3, 3, 3);
        assertThat(placed(12, 5, -1)).containsExactly(2, 2, 2, 2, 4);
        assertThat(placed(12, 8, -1)).containsExactly(1, 1, 1, 1, 1, 1, 1, 5);
        assertThat(placed(3, 4, -1)).containsExactly(0, 0, 0, 3);
    }

    @Test
    void wildcardsShareWhatFixedStagesLeaveAndTheLastWildcardTakesTheRemainder() {
        assertThat(placed(12, 4, 1, 2, -1, -1)).containsExactly(1, 2, 4, 5);
        assertThat(placed(12, 4, 2, -1, -1, 3)).containsExactly(2, 3, 4, 3);
        assertThat(placed(12, 4, -1, 2, -1, -1)).containsExactly(3, 2, 3, 4);
        assertThat(placed(24, 4, 5, -1, -1, -1)).containsExactly(5, 6, 6, 7);
        assertThat(placed(12, 2, 12, -1)).containsExactly(12, 0);
    }

    @Test
    void aStageMayHoldNoLayerAnywhere() {
        Placement first = Placement.of(12, 4, List.of(0, 4, 4, 4), "layers_per_ipu");
        assertThat(first.blocks(0)).isEqualTo(new BlockRange(0, 1)); // the embedding alone
        Placement middle = Placement.of(12, 4, List.of(0, 0, 12, 0), "layers_per_ipu");
        assertThat(middle.blocks(1).isEmpty()).isTrue();
        assertThat(middle.blocks(2)).isEqualTo(new BlockRange(1, 13));
        assertThat(middle.blocks(3)).isEqualTo(new BlockRange(13, 14)); // the head alone
    }

    @Test
    void theBlocksOfAllStagesAreTheWholeListOnceInOrder() {
        for (int layers = 0; layers <= 13; layers++) {
            for (int stages = 1; stages <= 9; stages++) {
                Placement placement = Placement.of(layers, stages, List.of(-1), "layers_per_ipu");
                assertThat(placement.layers()).isEqualTo(layers);
                int next = 0;
                for (int stage = 0; stage < stages; stage++) {
                    assertThat(placement.blocks(stage).first()).isEqualTo(next);
                    next = placement.blocks(stage).end();
                    for (int block : IntStream.range(placement.blocks(stage).first(), next)
                            .toArray()) {
                        assertThat(placement.stageOf(block)).isEqualTo(stage);
                    }
                }
                assertThat(next).isEqualTo(layers + 2);
                assertThat(placement.stageOf(0)).isZero();
                assertThat(placement.stageOf(layers + 1)).isEqualTo(stages - 1);
            }
        }
        assertThatThrownBy(() -> new Placement(List.of(1, 1)).stageOf(4)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void whatDoesNotAddUpIsRefused() {
        refused("places 11 layers, but the model has 12", 4, 3, 3, 3, 2);
        refused("places 13 layers, but the model has 12", 4, 3, 3, 3, 4);
        refused("places 20 layers, but the model has 12", 4, 10, -1, 10, -1);
        refused("places 13 layers, but the model has 12", 2, 13, -1);
        refused("names 3 stages, but the pipeline has 4", 4, 4, 4, 4);
        refused("names 5 stages, but the pipeline has 4", 4, -1, -1, -1, -1, -1);
        refused("has -2", 4, 3, 3, 3, -2);
        refused("has -2", 1, -2);
        refused("is empty", 4);
        refused("is empty", 1);
        refused("places 4294967306 layers", 4, Integer.MAX_VALUE, Integer.MAX_VALUE, 12, -1);
    }

    private static void refused(String why, int stages, Integer... asked) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> placed(12, stages, asked))
                .withMessageContaining("layers_per_ipu")
                .withMessageContaining(why);
    }

    @Test
    void theAllocationIsPrintedAsTheWalkthroughPrintedIt() {
        assertThat(new Placement(List.of(3, 3, 3, 3)).describe())
                .containsExactly(
                        "---------- Device Allocation -----------",
                        "Embedding  --> IPU 0",
                        "Encoder 0  --> IPU 0",
                        "Encoder 1  --> IPU 0",
                        "Encoder 2  --> IPU 0",
                        "Encoder 3  --> IPU 1",
                        "Encoder 4  --> IPU 1",
                        "Encoder 5  --> IPU 1",
                        "Encoder 6  --> IPU 2",
                        "Encoder 7  --> IPU 2",
                        "Encoder 8  --> IPU 2",
                        "Encoder 9  --> IPU 3",
                        "Encoder 10 --> IPU 3",
                        "Encoder 11 --> IPU 3",
                        "Head       --> IPU 3",
                        "---------------------------------------");
    }

    @Test
    void aHugeModelIsPlacedAtOnce() {
        List<Integer> asked = Collections.nCopies(4096, -1);
        assertThat(Placement.of(100_000, 4096, asked, "layers_per_ipu").layers())
                .isEqualTo(100_000);
    }
}
