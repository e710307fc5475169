package io.vit4j.parallel;

import io.vit4j.base.InputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Which pipeline stage runs which of the model's blocks. The embeddings (block 0) are always on the first stage, the
 * head (final layer norm and classifier, the last block) always on the last, and the layers in between are placed by
 * {@code layersPerStage}. A stage without a block passes tensors through.
 *
 * @param layersPerStage layers on each stage, none of them negative
 */
public record Placement(List<Integer> layersPerStage) {
    /** Stands for "a share of what the other stages leave". */
    public static final int WILDCARD = -1;

    public Placement {
        layersPerStage = List.copyOf(layersPerStage);
        if (layersPerStage.isEmpty() || layersPerStage.stream().anyMatch(n -> n < 0)) {
            throw new IllegalArgumentException("layers per stage " + layersPerStage + " are not a valid placement");
        }
    }

    /**
     * Places layers by the rules of {@code layers_per_ipu} (Optimum Graphcore 0.7.1). A single stage gets everything.
     * Stages with {@code -1} share the rest evenly, and the last of them gets the remainder; {@code [-1]} alone stands for
     * {@code -1} on every stage.
     *
     * @param asked layers for each stage, or -1
     * @param field name for {@code asked} in messages
     */
    public static Placement of(int layers, int stages, List<Integer> asked, String field) {
        checkAsked(asked, field);
        if (stages == 1) {
            return new Placement(List.of(layers));
        }
        checkLength(asked, stages, field);
        List<Integer> shares = isEven(asked) ? Collections.nCopies(stages, WILDCARD) : List.copyOf(asked);
        long fixed =
                shares.stream().filter(n -> n != WILDCARD).mapToLong(n -> n).sum();
        int wildcards = Collections.frequency(shares, WILDCARD);
        long left = layers - fixed;
        if (wildcards == 0 ? left != 0 : left < 0) {
            throw new InputException(field + " " + asked + " places " + fixed + " layers, but the model has " + layers
                    + "; make them add up, or write -1 for the stages that take the rest");
        }
        return new Placement(shared(shares, left, wildcards));
    }

    /** Layers shared evenly, the remainder on the last stage. */
    public static Placement even(int layers, int stages) {
        return of(layers, stages, List.of(WILDCARD), "layers_per_ipu");
    }

    private static List<Integer> shared(List<Integer> shares, long left, int wildcards) {
        List<Integer> placed = new ArrayList<>(shares);
        for (int stage = 0; stage < placed.size(); stage++) {
            if (placed.get(stage) == WILDCARD) {
                placed.set(stage, Math.toIntExact(left / wildcards));
            }
        }
        if (wildcards > 0) {
            int last = shares.lastIndexOf(WILDCARD);
            placed.set(last, Math.toIntExact(placed.get(last) + left % wildcards));
        }
        return placed;
    }

    /** Refuses what no number of layers could make right: an empty list, a value below -1. */
    static void checkAsked(List<Integer> asked, String field) {
        if (asked.isEmpty()) {
            throw new InputException(field + " is empty; give one number for each stage, or [-1] to share evenly");
        }
        for (int share : asked) {
            if (share < WILDCARD) {
                throw new InputException(
                        field + " " + asked + " has " + share + "; a stage has 0 layers or more, or -1 for a share");
            }
        }
    }

    /** Refuses a list that names another number of stages. */
    static void checkLength(List<Integer> asked, int stages, String field) {
        if (stages > 1 && asked.size() != stages && !isEven(asked)) {
            throw new InputException(field + " " + asked + " names " + asked.size() + " stages, but the pipeline has "
                    + stages + "; give one number for each stage, or [-1] to share evenly");
        }
    }

    private static boolean isEven(List<Integer> asked) {
        return asked.equals(List.of(WILDCARD));
    }

    /** {@return how many stages there are} */
    public int stages() {
        return layersPerStage.size();
    }

    /** {@return how many layers all stages have together} */
    public int layers() {
        return layersPerStage.stream().mapToInt(n -> n).sum();
    }

    /** Blocks in all: the embeddings, the layers, the head. */
    public int blocks() {
        return layers() + 2;
    }

    /** The blocks of a stage; empty for a middle stage of no layers. */
    public BlockRange blocks(int stage) {
        int before = layersPerStage.subList(0, stage).stream().mapToInt(n -> n).sum();
        int first = stage == 0 ? 0 : 1 + before;
        int end = 1 + before + layersPerStage.get(stage) + (stage == stages() - 1 ? 1 : 0);
        return new BlockRange(first, end);
    }

    /** The stage that runs a block. */
    public int stageOf(int block) {
        for (int stage = 0; stage < stages(); stage++) {
            if (blocks(stage).contains(block)) {
                return stage;
            }
        }
        throw new IndexOutOfBoundsException("block " + block + " of " + blocks());
    }

    /** The allocation as Optimum Graphcore's ViT logs it, line by line. */
    public List<String> describe() {
        List<String> lines = new ArrayList<>();
        lines.add("---------- Device Allocation -----------");
        lines.add("Embedding  --> IPU 0");
        for (int layer = 0; layer < layers(); layer++) {
            lines.add(String.format(Locale.ROOT, "Encoder %-2d --> IPU %d", layer, stageOf(layer + 1)));
        }
        lines.add("Head       --> IPU " + (stages() - 1));
        lines.add("---------------------------------------");
        return lines;
    }
}
