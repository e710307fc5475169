package io.vit4j.model;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A low-rank adapter of a linear map (Hu et al. 2021, "LoRA"): {@code scale * B A dropout(x)} is added to what the map gives.
 * Its weights are named as peft names them, {@code MAP.lora_A.weight} {@code [rank, in]} and {@code MAP.lora_B.weight}
 * {@code [out, rank]}.
 */
public final class LowRank {
    private static final String DOWN = ".lora_A.weight";
    private static final String UP = ".lora_B.weight";

    private final String map;
    private final Parameters parameters;
    private final Settings settings;

    /**
     * What the weights alone do not say.
     *
     * @param scale of what is added
     * @param dropout probability of dropping a number of the map's input, in training
     */
    public record Settings(double scale, double dropout) implements ParameterSpec.Role {}

    private LowRank(String map, Parameters parameters, Settings settings) {
        this.map = map;
        this.parameters = parameters;
        this.settings = settings;
    }

    /** The adapter of a map by the map's name, if these weights have one. */
    static Optional<LowRank> of(Parameters parameters, String map) {
        return parameters
                .entry(down(map))
                .filter(entry -> entry.spec().role() instanceof Settings)
                .map(entry ->
                        new LowRank(map, parameters, (Settings) entry.spec().role()));
    }

    static String down(String map) {
        return map + DOWN;
    }

    static String up(String map) {
        return map + UP;
    }

    /** Its weights as peft starts them: A as PyTorch starts a linear map, B at 0, so that at first nothing is added. */
    static Stream<ParameterSpec> specs(String map, long in, long out, int rank, Settings settings) {
        return Stream.of(
                new ParameterSpec(down(map), Initialization.uniform(1 / Math.sqrt(in)), rank, in).as(settings),
                new ParameterSpec(up(map), Initialization.zeros(), out, rank).as(settings));
    }

    /** The names of adapters' weights that these maps' matrices have. */
    static Stream<String> names(Parameters parameters, List<ParameterSpec> weights) {
        return weights.stream()
                .filter(weight -> weight.role() instanceof ParameterSpec.LinearMap)
                .map(weight -> mapOf(weight.name()))
                .filter(map -> of(parameters, map).isPresent())
                .flatMap(map -> Stream.of(down(map), up(map)));
    }

    /** The name of a map by that of its matrix. */
    static String mapOf(String weight) {
        return weight.substring(0, weight.length() - ".weight".length());
    }

    boolean trains() {
        return parameters.get(down(map)).requires_grad();
    }

    /**
     * Adds what it makes of the map's input.
     *
     * @param x {@code [..., in]} in the products' type
     * @param out what the map gave, {@code [..., out]}, to be added to
     */
    void addTo(Tensor out, Tensor x, Context context) {
        Tensor narrow = torch.linear(dropped(x, context), context.weight(parameters, down(map)));
        Tensor up = context.weight(parameters, up(map));
        Scalar scale = new Scalar(settings.scale());
        if (out.dim() == 2) {
            out.addmm_(narrow, up.t(), new Scalar(1), scale);
        } else {
            out.add_(torch.linear(narrow, up), scale);
        }
    }

    /** Adds the adapter to its map's matrix {@code [out, in]} for good. */
    void mergeInto(Tensor matrix) {
        merge(matrix, parameters.get(down(map)), parameters.get(up(map)), settings);
    }

    private Tensor dropped(Tensor x, Context context) {
        if (settings.dropout() == 0 || context.dropout().isEmpty()) {
            return x;
        }
        long batch = context.dropout().orElseThrow().samples().length;
        return Dropouts.drop(x.reshape(batch, -1), settings.dropout(), map + ".lora_dropout", context)
                .view(x.shape());
    }

    /** Of A and B, in the products' type; in the scope of whoever asked. */
    public record Gradient(Tensor down, Tensor up) {}

    /**
     * The derivative.
     *
     * @param atOutput with respect to the map's output, {@code [rows, out]}
     * @param x the map's input, {@code [rows, in]}
     * @param atInput with respect to the map's input, {@code [rows, in]}, to be added to; empty if nobody needs it
     */
    Gradient gradient(Tensor atOutput, Tensor x, Optional<Tensor> atInput, Context context) {
        Tensor down = context.weight(parameters, down(map));
        Tensor dropped = dropped(x, context);
        Tensor narrow = torch.mm(dropped, down.t());
        Tensor atNarrow =
                torch.mm(atOutput, context.weight(parameters, up(map))).mul_(new Scalar(settings.scale()));
        boolean drops = settings.dropout() > 0 && context.dropout().isPresent();
        atInput.ifPresent(all -> {
            if (drops) {
                all.add_(dropped(torch.mm(atNarrow, down), context)); // by the mask that forward had
            } else {
                all.addmm_(atNarrow, down);
            }
        });
        return new Gradient(
                torch.mm(atNarrow.t(), dropped), torch.mm(atOutput.t(), narrow).mul_(new Scalar(settings.scale())));
    }

    void accumulate(Gradient gradient) {
        if (trains()) {
            parameters.addGradient(down(map), gradient.down());
            parameters.addGradient(up(map), gradient.up());
        }
    }

    /** The name of a map by that of its adapter's first weight; empty for other weights. */
    static Optional<String> mapOfDown(String weight) {
        return weight.endsWith(DOWN)
                ? Optional.of(weight.substring(0, weight.length() - DOWN.length()))
                : Optional.empty();
    }

    /**
     * Adds an adapter to its map's matrix for good: {@code W + scale * B A}, in float32.
     *
     * @param matrix {@code [out, in]}
     * @param down {@code [rank, in]}
     * @param up {@code [out, rank]}
     * @param role of the adapter's weights
     */
    static void merge(Tensor matrix, Tensor down, Tensor up, ParameterSpec.Role role) {
        Tensor product = torch.mm(up, down).mul_(new Scalar(((Settings) role).scale()));
        matrix.add_(product.to(matrix.device(), matrix.scalar_type()));
    }
}
