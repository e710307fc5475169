package io.vit4j.infer;

import io.vit4j.base.InputException;
import io.vit4j.image.Picture;
import io.vit4j.model.Block;
import io.vit4j.model.Context;
import io.vit4j.model.Parameters;
import io.vit4j.model.StepWeights;
import io.vit4j.model.ViTConfig;
import io.vit4j.model.ViTForImageClassification;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.walk.Lanes;
import io.vit4j.walk.MicroBatchStep;
import io.vit4j.walk.Walk;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;

/**
 * Where a model looked in a picture. It shows what moved the score, not why the score is right: docs/evaluation.md says what
 * may be read from it.
 */
public final class Explanation implements AutoCloseable {
    private final ViTForImageClassification model;
    private final ViTConfig config;
    private final Parameters parameters;
    private final StepWeights weights;
    private final List<Block> blocks;

    /** How it is computed. */
    public enum Method {
        /** Attention multiplied through the layers (Abnar and Zuidema, ACL 2020); the same for every label. */
        ATTENTION_ROLLOUT,
        /** Attention weighted by the label's gradient before it is rolled out (Chefer, Gur and Wolf, ICCV 2021). */
        GRADIENT_ROLLOUT,
        /** The label's gradient at each pixel times the pixel, summed over channels; its size. */
        GRADIENT_X_INPUT;

        /** {@code attention-rollout}, say, in any case and with either dash. */
        public static Method parse(String name) {
            for (Method method : values()) {
                if (method.toString()
                        .equals(name.strip().toLowerCase(Locale.ROOT).replace('_', '-'))) {
                    return method;
                }
            }
            throw new InputException("explanation '" + name
                    + "' is not known; give attention-rollout, gradient-rollout or gradient-x-input");
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
    public Explanation(ViTForImageClassification model) {
        this.model = model;
        config = model.config();
        parameters = model.parameters().sharing();
        weights = new StepWeights(Dtype.FLOAT32);
        blocks = ViTForImageClassification.blocks(config, parameters);
    }

    /**
     * Explains one picture's score of one label.
     *
     * @param picture as the model takes it ({@code model.processor().apply(original)})
     * @param label the number of a label
     */
    public Explained of(Picture picture, int label, Method method) {
        FloatBuffer pixels = FloatBuffer.allocate(
                Math.multiplyExact(config.numChannels(), Math.multiplyExact(picture.height(), picture.width())));
        model.processor().normalise(picture, pixels, config.numChannels());
        return of(pixels.array(), picture.height(), picture.width(), label, method);
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
        if (label < 0 || label >= config.labels().size()) {
            throw new IllegalArgumentException(
                    "label " + label + " of " + config.labels().size());
        }
        int rows = height / config.patchHeight();
        int columns = width / config.patchWidth();
        try (Scope scope = new Scope()) {
            Tensor input = Tensors.to(
                    Tensors.of(pixels, 1, config.numChannels(), height, width), Dtype.FLOAT32, parameters.device());
            if (method == Method.ATTENTION_ROLLOUT) {
                Rollout rollout = new Rollout(1 + rows * columns);
                Tensor logits = new Walk(blocks).infer(input, Context.inference(weights, (name, value) -> {
                    if (name.endsWith(".attentions")) {
                        rollout.layer(Tensors.toFloats(value.select(0, 0)));
                    }
                }));
                return new Explained(new Heatmap(rows, columns, rollout.ofClassToken()), Tensors.toFloats(logits));
            }
            return gradients(input, pixels, rows, columns, label, method);
        }
    }

    private Explained gradients(Tensor input, float[] pixels, int rows, int columns, int label, Method method) {
        Tensor[] attentions = new Tensor[config.numHiddenLayers()];
        boolean rolled = method == Method.GRADIENT_ROLLOUT;
        Context.Tap tap = (name, value) -> {
            if (rolled && name.endsWith(".attentions")) {
                try (Scope scope = new Scope()) {
                    Tensors.retainGradient(value);
                    attentions[layer(name)] = scope.own(new Tensor(value));
                }
            }
        };
        // The gradient at the pixels is asked for even where only attentions are wanted: no weight is trained here, so
        // the pixels are what the graph hangs on.
        Walk walk = new Walk(blocks, false, 0, true);
        try (Autograd on = Autograd.on();
                Walk.Tape tape = walk.forward(input, new Context(weights, Optional.empty(), Optional.of(tap)))) {
            float[] logits = Tensors.toFloats(tape.output());
            float[] oneHot = new float[logits.length];
            oneHot[label] = 1;
            Tensor from = Tensors.to(Tensors.of(oneHot, 1, oneHot.length), Dtype.FLOAT32, parameters.device());
            Tensor atPixels = tape.backward(from, MicroBatchStep.SILENT).orElseThrow();
            Heatmap heatmap = rolled
                    ? gradientRollout(attentions, rows, columns)
                    : gradientTimesInput(Tensors.toFloats(atPixels), pixels, (int) input.size(3));
            return new Explained(heatmap, logits);
        } finally {
            for (Tensor attention : attentions) {
                if (attention != null) {
                    attention.close();
                }
            }
        }
    }

    private static Heatmap gradientRollout(Tensor[] attentions, int rows, int columns) {
        Rollout rollout = new Rollout(1 + rows * columns);
        for (Tensor attention : attentions) {
            float[] gradient = Tensors.toFloats(Tensors.gradient(attention).select(0, 0));
            rollout.weightedLayer(Tensors.toFloats(attention.select(0, 0)), gradient);
        }
        return new Heatmap(rows, columns, rollout.ofClassToken());
    }

    private Heatmap gradientTimesInput(float[] gradient, float[] pixels, int width) {
        int plane = pixels.length / config.numChannels();
        float[] size = new float[plane];
        for (int i = 0; i < plane; i++) {
            float sum = 0;
            for (int channel = 0; channel < config.numChannels(); channel++) {
                sum += gradient[channel * plane + i] * pixels[channel * plane + i];
            }
            size[i] = Math.abs(sum);
        }
        return new Heatmap(plane / width, width, size);
    }

    private static int layer(String name) {
        return Integer.parseInt(name.substring("layer.".length(), name.lastIndexOf('.')));
    }

    @Override
    public void close() {
        weights.close();
        parameters.close();
    }
}
