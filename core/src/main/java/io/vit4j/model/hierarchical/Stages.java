package io.vit4j.model.hierarchical;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.model.ConfigBounds;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The layers of a model whose hidden states become fewer and wider from stage to stage; they are counted through all stages.
 *
 * @param depths layers of each stage
 */
public record Stages(List<Integer> depths) {
    private static final int MOST = 16;

    /** Checks that there are layers, and not too many; InputException if not. */
    public Stages {
        depths = List.copyOf(depths);
        ConfigBounds.requireBetween("the number of stages (depths)", depths.size(), 1, MOST);
        depths.forEach(depth -> ConfigBounds.requireBetween("depths", depth, 1, ConfigBounds.MOST_LAYERS));
        ConfigBounds.requireBetween("the sum of depths", sum(depths), 1, ConfigBounds.MOST_LAYERS);
    }

    /**
     * A layer's place.
     *
     * @param stage it belongs to, from 0
     * @param index within the stage, from 0
     * @param number of all layers, from 0
     * @param endsStage whether it is its stage's last
     */
    public record Layer(int stage, int index, int number, boolean endsStage) {
        /** {@return its name as a block of a model} */
        public String name() {
            return "layer." + number;
        }
    }

    /** {@return how many stages there are} */
    public int count() {
        return depths.size();
    }

    /** {@return every layer, in order} */
    public List<Layer> layers() {
        List<Layer> layers = new ArrayList<>();
        for (int stage = 0; stage < depths.size(); stage++) {
            for (int index = 0; index < depths.get(stage); index++) {
                layers.add(new Layer(stage, index, layers.size(), index == depths.get(stage) - 1));
            }
        }
        return layers;
    }

    /** How often a layer's contribution is dropped: linearly from never to the last layer's {@code rate} (Huang et al. 2016). */
    public double dropPath(double rate, Layer layer) {
        return rate * layer.number() / Math.max(sum(depths) - 1, 1);
    }

    /** A value of a configuration that must have one number for each stage; InputException if it does not. */
    public List<Integer> requireEach(String key, List<Integer> numbers) {
        if (numbers.size() != depths.size()) {
            throw new InputException(key + " " + numbers + " and depths " + depths
                    + " must have one number for each stage; correct config.json");
        }
        return List.copyOf(numbers);
    }

    /** Whole numbers of a configuration, or others if it has none under that key. */
    public static List<Integer> read(JsonObject json, String key, List<Integer> otherwise) {
        return json.has(key) ? json.integers(key) : otherwise;
    }

    /** {@code 2-2-6-2}, say, of one number a stage. */
    public static String joined(List<Integer> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining("-"));
    }

    private static long sum(List<Integer> numbers) {
        return numbers.stream().mapToLong(Integer::longValue).sum();
    }
}
