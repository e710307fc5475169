package io.vit4j.model;

import io.vit4j.Shared;
import io.vit4j.TestDevice;
import io.vit4j.base.JsonObject;
import io.vit4j.hub.CheckpointFormats;
import io.vit4j.hub.Safetensors;
import io.vit4j.hub.SafetensorsFile;
import io.vit4j.hub.StoredTensor;
import io.vit4j.hub.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/** A small model whose values transformers computed, with its weights loaded. */
public final class Fixture implements AutoCloseable {
    private static final String GRADIENT = "grad.";

    public final Path folder;
    public final ModelDefinition definition;
    public final Parameters parameters;
    public final List<Block> blocks;
    private final SafetensorsFile forward;

    public Fixture(String name) {
        this(Shared.model(name));
    }

    /** @param folder with {@code checkpoint/} and {@code forward.safetensors} */
    public Fixture(Path folder) {
        this(folder, config -> config);
    }

    /** The same with another configuration than that of its folder. */
    public Fixture(Path folder, UnaryOperator<JsonObject> settings) {
        this.folder = folder;
        definition = ModelDefinition.of(settings.apply(
                CheckpointFormats.asTransformers(JsonObject.read(folder.resolve("checkpoint/config.json")))));
        parameters = new Parameters(definition.weights(), TestDevice.here());
        load(parameters);
        blocks = definition.over(parameters);
        forward = Safetensors.open(folder.resolve("forward.safetensors"));
    }

    /** Fills these with the fixture's weights. */
    public void load(Parameters weights) {
        try (WeightSource source = Pretrained.openWeights(folder.resolve("checkpoint"), definition.architecture())) {
            Pretrained.fill(weights, definition, source, false, 0);
        }
    }

    /** A tensor of forward.safetensors. */
    public StoredTensor stored(String name) {
        return forward.tensor(name).orElseThrow();
    }

    /** Whether forward.safetensors has a tensor of that name. */
    public boolean has(String name) {
        return forward.tensor(name).isPresent();
    }

    /** The names of the weights that forward.safetensors has gradients of, as they are called on disk. */
    public List<String> weightsWithGradient() {
        return forward.tensors().stream()
                .map(StoredTensor::name)
                .filter(name -> name.startsWith(GRADIENT))
                .map(name -> name.substring(GRADIENT.length()))
                .toList();
    }

    public float[] floats(String name) {
        return floats(stored(name));
    }

    public static float[] floats(StoredTensor stored) {
        float[] numbers = new float[(int) (stored.byteSize() / 4)];
        ByteBuffer.wrap(stored.bytes())
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(numbers);
        return numbers;
    }

    public static double largestDifference(float[] a, float[] b) {
        if (a.length != b.length) {
            throw new AssertionError(a.length + " numbers against " + b.length);
        }
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            double difference = Math.abs(a[i] - b[i]);
            largest = Double.isNaN(difference) ? Double.NaN : Math.max(largest, difference);
            if (Double.isNaN(largest)) {
                return largest;
            }
        }
        return largest;
    }

    /** Whether a weight is the bias of keys, in any family. */
    public static boolean isKeyBias(String name) {
        return name.matches(".*\\.(key|k_proj)\\.bias");
    }

    public static double norm(float[] a) {
        double square = 0;
        for (float x : a) {
            square += (double) x * x;
        }
        return Math.sqrt(square);
    }

    @Override
    public void close() {
        forward.close();
        parameters.close();
    }
}
