package io.vit4j.model;

import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * DINO's head (Caron et al. 2021): of each view's features three linear maps with GELU between them, scaled to length 1, and a last map
 * whose rows have length 1. {@code [batch, views * features]} to {@code [batch, views * prototypes]}.
 */
record ProjectionHead(Definition definition, Parameters parameters, List<Linear> maps) implements Block {
    /** The centre that is subtracted from what a teacher says, {@code [prototypes]}: kept with the weights, and not trained. */
    static final String CENTRE = "dino_loss.center";

    static final String LAST = "dino_head.last_layer.weight_v";

    private static final List<Linear.Named> MAPS = List.of(
            Linear.Named.biased("dino_head.mlp.0"),
            Linear.Named.biased("dino_head.mlp.2"),
            Linear.Named.biased("dino_head.mlp.4"));
    private static final double DEVIATION = 0.02;

    @Override
    public Tensor forward(Tensor features, Context context) {
        long batch = features.size(0);
        Tensor wide = maps.get(0)
                .forward(context.cast(features.reshape(batch * definition.views(), definition.features())), context);
        Tensor within = maps.get(1).forward(torch.gelu(wide), context);
        Tensor narrow = maps.get(2).forward(torch.gelu(within), context);
        Tensor last = context.cast(unit(parameters.get(LAST)));
        Tensor products =
                torch.linear(context.cast(unit(Tensors.to(narrow, Dtype.FLOAT32))), last, new TensorOptional());
        return Tensors.to(products, Dtype.FLOAT32).reshape(batch, -1);
    }

    /** Rows scaled to length 1. */
    private static Tensor unit(Tensor rows) {
        Tensor length = torch.sum(torch.mul(rows, rows), new long[] {1}, true, new ScalarTypeOptional())
                .sqrt()
                .clamp_min(new Scalar(1e-12));
        return torch.div(rows, length);
    }

    /**
     * Before it has weights.
     *
     * @param features of a view
     * @param views of a picture
     * @param settings the head's sizes
     */
    record Definition(int features, int views, SelfDistillation settings) implements BlockDefinition {
        @Override
        public String name() {
            return "dino_head";
        }

        @Override
        public List<ParameterSpec> weights() {
            Initialization normal = Initialization.normal(DEVIATION);
            int hidden = settings.head().hidden();
            int narrow = settings.head().bottleneck();
            return Stream.of(
                            Linear.specs(features, hidden, normal, MAPS.subList(0, 1)),
                            Linear.specs(hidden, hidden, normal, MAPS.subList(1, 2)),
                            Linear.specs(hidden, narrow, normal, MAPS.subList(2, 3)),
                            Stream.of(
                                    new ParameterSpec(
                                            LAST,
                                            Initialization.uniform(1 / Math.sqrt(narrow)),
                                            settings.head().prototypes(),
                                            narrow),
                                    new ParameterSpec(
                                                    CENTRE,
                                                    Initialization.zeros(),
                                                    settings.head().prototypes())
                                            .following()))
                    .flatMap(specs -> specs)
                    .toList();
        }

        @Override
        public Shape output(Shape input) {
            return Shape.of((long) views * settings.head().prototypes());
        }

        @Override
        public BlockCost cost(Shape input, Dtype dtype) {
            long hidden = settings.head().hidden();
            long narrow = settings.head().bottleneck();
            double products = (double) features * hidden
                    + (double) hidden * hidden
                    + (double) hidden * narrow
                    + (double) narrow * settings.head().prototypes();
            long kept =
                    features + 4 * hidden + 3 * narrow + 2L * settings.head().prototypes();
            return BlockCost.byAutograd(2 * products, Float.BYTES * kept).times(views);
        }

        @Override
        public Block over(Parameters parameters) {
            return new ProjectionHead(
                    this,
                    parameters,
                    MAPS.stream()
                            .map(map -> new Linear(parameters, List.of(map)))
                            .toList());
        }
    }
}
