package io.vit4j.model.swin;

import io.vit4j.model.Initialization;
import io.vit4j.model.ParameterSpec;
import io.vit4j.torch.Device;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * What is added to an attention score for how two places of a window lie to each other, one number a head and way: there are {@code (2 size - 1)²}
 * ways, row by row from the farthest up and left to the farthest down and right. A network of weights always in float32: it is small, and
 * attention amplifies its errors.
 *
 * @param prefix of the names of its weights
 * @param heads of the attention
 * @param size places on a window's side
 * @param pretrainedSize the same of the windows that the weights were first trained with; 0 for this one (V2)
 */
record PositionBias(Version version, String prefix, int heads, int size, int pretrainedSize) {
    /** Channels within the network of V2. */
    private static final int INNER = 512;

    /** V2: the largest bias. */
    private static final double LARGEST = 16;

    /** V2: to what the farthest of a window's distances is stretched before its logarithm is taken, whose base it is too. */
    private static final double FARTHEST = 8;

    private String table() {
        return prefix + "relative_position_bias_table";
    }

    private String network() {
        return prefix + "continuous_position_bias_mlp.";
    }

    private int ways() {
        return (2 * size - 1) * (2 * size - 1);
    }

    /** Its weights; none decays, as transformers leaves out what has a bias in its name. */
    List<ParameterSpec> weights(Initialization init) {
        if (version == Version.V1) {
            return List.of(new ParameterSpec(table(), Initialization.zeros(), ways(), heads).withoutDecay());
        }
        return List.of(
                new ParameterSpec(network() + "0.weight", init, INNER, 2).withoutDecay(),
                new ParameterSpec(network() + "0.bias", Initialization.zeros(), INNER).withoutDecay(),
                new ParameterSpec(network() + "2.weight", init, heads, INNER).withoutDecay());
    }

    /** Their names. */
    List<String> weightNames() {
        return weights(Initialization.zeros()).stream().map(ParameterSpec::name).toList();
    }

    /**
     * Of every pair of places, {@code [heads, places, places]} float32, contiguous.
     *
     * @param weights by name
     * @param device where they lie
     */
    Tensor of(Function<String, Tensor> weights, Device device) {
        Tensor byWay = version == Version.V1 ? weights.apply(table()) : continuous(weights, device); // [ways, heads]
        long places = (long) size * size;
        Tensor index = Tensors.to(Tensors.of(index(), places * places), device);
        return torch.embedding(byWay, index)
                .view(places, places, heads)
                .permute(2, 0, 1)
                .contiguous();
    }

    /** {@code 16 sigmoid(mlp(ways))} of log-spaced coordinates (Liu et al. 2022, equations 3 and 4), {@code [ways, heads]}. */
    private Tensor continuous(Function<String, Tensor> weights, Device device) {
        Tensor coordinates = Tensors.to(Tensors.of(coordinates(), ways(), 2), device);
        Tensor inner = torch.relu(torch.linear(
                coordinates,
                weights.apply(network() + "0.weight"),
                new TensorOptional(weights.apply(network() + "0.bias"))));
        Tensor byWay = torch.linear(inner, weights.apply(network() + "2.weight"), new TensorOptional());
        return torch.mul(torch.sigmoid(byWay), new Scalar(LARGEST));
    }

    /** Rows and columns between two places, of every way, {@code [ways, 2]}. */
    private float[] coordinates() {
        float[] coordinates = new float[2 * ways()];
        int at = 0;
        for (int down = 1 - size; down < size; down++) {
            for (int right = 1 - size; right < size; right++) {
                coordinates[at++] = coordinate(down);
                coordinates[at++] = coordinate(right);
            }
        }
        return coordinates;
    }

    private float coordinate(int distance) {
        int farthest = Math.max((pretrainedSize > 0 ? pretrainedSize : size) - 1, 1);
        double stretched = FARTHEST * distance / farthest;
        return (float) (Math.signum(stretched) * Math.log1p(Math.abs(stretched)) / Math.log(FARTHEST));
    }

    /** The way of every pair of places, {@code [places, places]}: from the second to the first. */
    private long[] index() {
        int places = size * size;
        long[] index = new long[places * places];
        for (int to = 0; to < places; to++) {
            for (int from = 0; from < places; from++) {
                int down = to / size - from / size + size - 1;
                int right = to % size - from % size + size - 1;
                index[to * places + from] = (long) down * (2 * size - 1) + right;
            }
        }
        return index;
    }
}
