package io.vit4j.infer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What flows from each token into those that the head reads (the class token, say) through all layers. The flow through a layer is
 * a matrix {@code [tokens, tokens]}, through all of them their product; as only the mean of the rows that are read is asked for, one
 * row goes back from the last layer to the first.
 */
final class Rollout {
    private final int tokens;
    private final int read;
    private final List<float[]> layers = new ArrayList<>();

    /** @param read the first so many tokens are read by the head */
    Rollout(int tokens, long read) {
        this.tokens = tokens;
        this.read = Math.toIntExact(read);
    }

    /**
     * Half of what a token becomes is its attention, averaged over heads, half the residual path: {@code A/2 + I/2}
     * (Abnar and Zuidema 2020). Rows of A sum to 1, so those of the flow do too.
     *
     * @param attention {@code [heads, tokens, tokens]}
     */
    void layer(float[] attention) {
        float[] flow = identity(0.5f);
        int heads = heads(attention);
        for (int h = 0; h < heads; h++) {
            int from = h * flow.length;
            for (int i = 0; i < flow.length; i++) {
                flow[i] += attention[from + i] / (2 * heads);
            }
        }
        layers.add(flow);
    }

    /**
     * Only what speaks for the label: {@code I + mean over heads of max(0, gradient * A)} (Chefer, Gur and Wolf 2021,
     * equations 5 and 6).
     *
     * @param attention {@code [heads, tokens, tokens]}
     * @param gradient of the label's logit with respect to it
     */
    void weightedLayer(float[] attention, float[] gradient) {
        float[] flow = identity(1);
        int heads = heads(attention);
        for (int h = 0; h < heads; h++) {
            int from = h * flow.length;
            for (int i = 0; i < flow.length; i++) {
                flow[i] += Math.max(0, attention[from + i] * gradient[from + i]) / heads;
            }
        }
        layers.add(flow);
    }

    /**
     * What the tokens that are read took from each patch, {@code [tokens - before]}.
     *
     * @param before tokens before those of the patches
     */
    float[] ofPatches(int before) {
        float[] row = new float[tokens];
        Arrays.fill(row, 0, read, 1f / read);
        for (int layer = layers.size() - 1; layer >= 0; layer--) {
            row = times(row, layers.get(layer));
        }
        return Arrays.copyOfRange(row, before, tokens);
    }

    private float[] identity(float scale) {
        float[] matrix = new float[Math.multiplyExact(tokens, tokens)];
        for (int i = 0; i < tokens; i++) {
            matrix[i * tokens + i] = scale;
        }
        return matrix;
    }

    private int heads(float[] attention) {
        if (attention.length % (tokens * tokens) != 0) {
            throw new IllegalArgumentException(attention.length + " attentions of " + tokens + " tokens");
        }
        return attention.length / (tokens * tokens);
    }

    private float[] times(float[] row, float[] matrix) {
        float[] product = new float[tokens];
        for (int i = 0; i < tokens; i++) {
            for (int j = 0; j < tokens; j++) {
                product[j] += row[i] * matrix[i * tokens + j];
            }
        }
        return product;
    }
}
