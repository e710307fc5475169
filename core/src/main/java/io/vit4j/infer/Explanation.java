package io.vit4j.infer;

import io.vit4j.base.InputException;
import io.vit4j.image.Picture;
import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.FeatureMap;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Parameters;
import io.vit4j.model.StepWeights;
import io.vit4j.model.TokenGrid;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Lanes;
import io.vit4j.walk.MicroBatchStep;
import io.vit4j.walk.Walk;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;

/**
 * Where a model looked in a picture. It shows what moved the score, not why the score is right: docs/evaluation.md says what
 * may be read from it.
 */
public final class Explanation implements AutoCloseable {
    private final VisionModel model;
    private final ModelDefinition definition;
    private final Parameters parameters;
    private final StepWeights weights;
    private final List<Block> blocks;

    /**
     * How it is computed. The first two need a model in which every token attends to every other; the third needs hidden states with
     * places; the fourth does for every model.
     */
    public enum Method {
        /** Attention multiplied through the layers (Abnar and Zuidema, ACL 2020); the same for every label. */
        ATTENTION_ROLLOUT,
        /** Attention weighted by the label's gradient before it is rolled out (Chefer, Gur and Wolf, ICCV 2021). */
        GRADIENT_ROLLOUT,
        /** The last feature map, its channels weighted by the label's gradient (Selvaraju et al., ICCV 2017). */
        GRAD_CAM,
        /** The label's gradient at each pixel times the pixel, summed over channels; its size. */
        GRADIENT_X_INPUT;

        private static final Map<String, Method> SHORT =
                Map.of("rollout", GRADIENT_ROLLOUT, "gradcam", GRAD_CAM, "gradient-input", GRADIENT_X_INPUT);

        /**
         * The one that tells most of a model: gradient rollout if every token attends to every other, Grad-CAM if its last feature map
         * has several places, gradient times input otherwise.
         */
        public static Method usual(ModelDefinition model) {
            int height = model.imageHeight();
            int width = model.imageWidth();
            if (model.tokenGrid(height, width).isPresent()) {
                return GRADIENT_ROLLOUT;
            }
            return model.featureMap(height, width)
                    .filter(map -> map.places() > 1)
                    .map(map -> GRAD_CAM)
                    .orElse(GRADIENT_X_INPUT);
        }

        /** {@code grad-cam}, say, in any case and with either dash; {@code rollout} is short for the gradient's. */
        public static Method parse(String name) {
            String plain = name.strip().toLowerCase(Locale.ROOT).replace('_', '-');
            return Arrays.stream(values())
                    .filter(method -> method.toString().equals(plain))
                    .findFirst()
                    .or(() -> Optional.ofNullable(SHORT.get(plain)))
                    .orElseThrow(() -> new InputException("explanation '" + name
                            + "' is unknown; use rollout, attention-rollout, grad-cam or gradient-input"));
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * What came out.
     *
     * @param heatmap over what the model saw
     * @param logits of all labels, {@code [labels]}
     */
    public record Explained(Heatmap heatmap, float[] logits) {}

    /**
     * A picture and one of its labels.
     *
     * @param picture as the model takes it ({@code model.processor().apply(original)})
     * @param label the number of a label
     */
    public record Target(Picture picture, int label) {}

    /** For a model whose weights do not move until this is closed; gradients of a training run are not touched. */
    public Explanation(VisionModel model) {
        this.model = model;
        definition = model.definition();
        parameters = model.parameters().sharing();
        weights = new StepWeights(Dtype.FLOAT32);
        blocks = definition.over(parameters);
    }

    /**
     * Explains one picture's score of one label.
     *
     * @param picture as the model takes it ({@code model.processor().apply(original)})
     * @param label the number of a label
     */
    public Explained of(Picture picture, int label, Method method) {
        return of(pixels(picture), picture.height(), picture.width(), label, method);
    }

    /** {@return what the model says of a picture that is as it takes it: {@code [labels]}} */
    public float[] logits(Picture picture) {
        try (Scope scope = new Scope()) {
            Tensor input = input(pixels(picture), picture.height(), picture.width());
            return Tensors.toFloats(new Walk(blocks).infer(input, Context.inference(weights)));
        }
    }

    private float[] pixels(Picture picture) {
        FloatBuffer pixels = FloatBuffer.allocate(
                Math.multiplyExact(definition.channels(), Math.multiplyExact(picture.height(), picture.width())));
        model.processor().normalise(picture, pixels, definition.channels());
        return pixels.array();
    }

    private Tensor input(float[] pixels, int height, int width) {
        return Tensors.to(
                Tensors.of(pixels, 1, definition.channels(), height, width), Dtype.FLOAT32, parameters.device());
    }

    /**
     * Explains many, side by side on the cores.
     *
     * @param threads that compute, on a CPU
     * @return one for each that is asked for, in their order, as the others give it
     */
    public List<Explained> of(List<Target> asked, Method method, int threads) {
        Explained[] explained = new Explained[asked.size()];
        AtomicInteger next = new AtomicInteger();
        try (Lanes lanes = new Lanes(parameters.device().isCpu() ? Math.max(1, Math.min(threads, asked.size())) : 1)) {
            lanes.run(lane -> {
                for (int i = next.getAndIncrement(); i < explained.length; i = next.getAndIncrement()) {
                    explained[i] = of(asked.get(i).picture(), asked.get(i).label(), method);
                }
            });
        }
        return List.of(explained);
    }

    /** @param pixels normalised, {@code [channels, height, width]} */
    Explained of(float[] pixels, int height, int width, int label, Method method) {
        if (label < 0 || label >= definition.labels().size()) {
            throw new IllegalArgumentException(
                    "label " + label + " of " + definition.labels().size());
        }
        try (Scope scope = new Scope()) {
            Tensor input = input(pixels, height, width);
            if (method == Method.ATTENTION_ROLLOUT) {
                TokenGrid grid = grid(height, width, method);
                Rollout rollout = rollout(grid);
                Tensor logits = new Walk(blocks).infer(input, Context.inference(weights, (name, value) -> {
                    if (name.endsWith(".attentions")) {
                        rollout.layer(Tensors.toFloats(value.select(0, 0)));
                    }
                }));
                return new Explained(heatmap(grid, rollout), Tensors.toFloats(logits));
            }
            if (method == Method.GRAD_CAM) {
                return gradCam(input, label);
            }
            return gradients(input, pixels, label, method);
        }
    }

    private Explained gradCam(Tensor input, int label) {
        FeatureMap map = definition
                .featureMap((int) input.size(2), (int) input.size(3))
                .orElseThrow(() -> new InputException(Method.GRAD_CAM
                        + " needs hidden states with places, and models of type '"
                        + definition.architecture().modelType() + "' have none; use " + Method.GRADIENT_X_INPUT));
        Tensor features = new Walk(blocks.subList(0, map.block())).infer(input, Context.inference(weights));
        Walk rest = new Walk(blocks.subList(map.block(), blocks.size()), false, 0, true);
        try (Autograd on = Autograd.on();
                Walk.Tape tape = rest.forward(features, Context.inference(weights))) {
            float[] logits = Tensors.toFloats(tape.output());
            Tensor gradient = tape.backward(onlyOf(label, logits.length), MicroBatchStep.SILENT)
                    .orElseThrow();
            Heatmap heatmap = GradCam.of(map, Tensors.toFloats(features), Tensors.toFloats(gradient));
            return new Explained(heatmap, logits);
        }
    }

    /** The gradient of one label's logit with respect to all, {@code [1, labels]}. */
    private Tensor onlyOf(int label, int labels) {
        float[] oneHot = new float[labels];
        oneHot[label] = 1;
        return Tensors.to(Tensors.of(oneHot, 1, labels), Dtype.FLOAT32, parameters.device());
    }

    private Explained gradients(Tensor input, float[] pixels, int label, Method method) {
        List<Tensor> attentions = new ArrayList<>(); // of each layer, in the order of the walk
        boolean rolled = method == Method.GRADIENT_ROLLOUT;
        Optional<TokenGrid> grid =
                rolled ? Optional.of(grid((int) input.size(2), (int) input.size(3), method)) : Optional.empty();
        Context.Tap tap = (name, value) -> {
            if (rolled && name.endsWith(".attentions")) {
                try (Scope scope = new Scope()) {
                    Tensors.retainGradient(value);
                    attentions.add(scope.own(new Tensor(value)));
                }
            }
        };
        // The gradient at the pixels is asked for even where only attentions are wanted: no weight is trained here, so
        // the pixels are what the graph hangs on.
        Walk walk = new Walk(blocks, false, 0, true);
        try (Autograd on = Autograd.on();
                Walk.Tape tape = walk.forward(input, new Context(weights, Optional.empty(), Optional.of(tap)))) {
            float[] logits = Tensors.toFloats(tape.output());
            Tensor atPixels = tape.backward(onlyOf(label, logits.length), MicroBatchStep.SILENT)
                    .orElseThrow();
            Heatmap heatmap = grid.map(tokens -> gradientRollout(attentions, tokens))
                    .orElseGet(() -> gradientTimesInput(Tensors.toFloats(atPixels), pixels, (int) input.size(3)));
            return new Explained(heatmap, logits);
        } finally {
            attentions.forEach(Tensor::close);
        }
    }

    /** Where the tokens of a picture lie; InputException if the model has no attentions to roll out. */
    private TokenGrid grid(int height, int width, Method method) {
        return definition
                .tokenGrid(height, width)
                .orElseThrow(() -> new InputException(method
                        + " needs a model in which every token attends to every other, and models of type '"
                        + definition.architecture().modelType() + "' are none; use " + Method.GRAD_CAM + " or "
                        + Method.GRADIENT_X_INPUT));
    }

    private Rollout rollout(TokenGrid grid) {
        return new Rollout(grid.tokens(), definition.head().reads().of(grid.tokens()));
    }

    private static Heatmap heatmap(TokenGrid grid, Rollout rollout) {
        return new Heatmap(grid.rows(), grid.columns(), rollout.ofPatches(grid.before()));
    }

    private Heatmap gradientRollout(List<Tensor> attentions, TokenGrid grid) {
        Rollout rollout = rollout(grid);
        for (Tensor attention : attentions) {
            float[] gradient = Tensors.toFloats(Tensors.gradient(attention).select(0, 0));
            rollout.weightedLayer(Tensors.toFloats(attention.select(0, 0)), gradient);
        }
        return heatmap(grid, rollout);
    }

    private Heatmap gradientTimesInput(float[] gradient, float[] pixels, int width) {
        int plane = pixels.length / definition.channels();
        float[] size = new float[plane];
        for (int i = 0; i < plane; i++) {
            float sum = 0;
            for (int channel = 0; channel < definition.channels(); channel++) {
                sum += gradient[channel * plane + i] * pixels[channel * plane + i];
            }
            size[i] = Math.abs(sum);
        }
        return new Heatmap(plane / width, width, size);
    }

    @Override
    public void close() {
        weights.close();
        parameters.close();
    }
}
