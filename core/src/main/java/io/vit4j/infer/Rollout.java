package io.vit4j.infer;

import java.util.Arrays;

/**
 * What flows from each token to each through the layers so far, {@code [tokens, tokens]}, starting with each token from
 * itself alone.
 */
final class Rollout {
    private final int tokens;
    private float[] flow;

    Rollout(int tokens) {
        this.tokens = tokens;
        flow = new float[Math.multiplyExact(tokens, tokens)];
        for (int i = 0; i < tokens; i++) {
            flow[i * tokens + i] = 1;
        }
    }

    /**
     * Half of what a token becomes is its attention, averaged over heads, half the residual path: {@code flow = (A/2 +
     * I/2) flow} (Abnar and Zuidema 2020). Rows of A sum to 1, so those of the flow do too.
     *
     * @param attention {@code [heads, tokens, tokens]}
     */
    void layer(float[] attention) {
        float[] mean = new float[tokens * tokens];
        int heads = heads(attention);
        for (int h = 0; h < heads; h++) {
            int from = h * tokens * tokens;
            for (int i = 0; i < mean.length; i++) {
                mean[i] += attention[from + i] / (2 * heads);
            }
        }
        for (int i = 0; i < tokens; i++) {
            mean[i * tokens + i] += 0.5f;
        }
        flow = product(mean, flow);
    }

    /**
     * Only what speaks for the label: {@code flow = flow + mean over heads of max(0, gradient * A) flow} (Chefer, Gur
     * and Wolf 2021, equations 5 and 6).
     *
     * @param attention {@code [heads, tokens, tokens]}
     * @param gradient of the label's logit with respect to it
     */
    void weightedLayer(float[] attention, float[] gradient) {
        float[] mean = new float[tokens * tokens];
        int heads = heads(attention);
        for (int h = 0; h < heads; h++) {
            int from = h * tokens * tokens;
            for (int i = 0; i < mean.length; i++) {
                mean[i] += Math.max(0, attention[from + i] * gradient[from + i]) / heads;
            }
        }
        float[] added = product(mean, flow);
        for (int i = 0; i < added.length; i++) {
            flow[i] += added[i];
        }
    }

    /** What the class token took from each patch, {@code [tokens - 1]}. */
    float[] ofClassToken() {
        return Arrays.copyOfRange(flow, 1, tokens);
    }

    private int heads(float[] attention) {
        if (attention.length % (tokens * tokens) != 0) {
            throw new IllegalArgumentException(attention.length + " attentions of " + tokens + " tokens");
        }
        return attention.length / (tokens * tokens);
    }

    private float[] product(float[] a, float[] b) {
        float[] c = new float[tokens * tokens];
        for (int i = 0; i < tokens; i++) {
            for (int k = 0; k < tokens; k++) {
                float scale = a[i * tokens + k];
                for (int j = 0; j < tokens; j++) {
                    c[i * tokens + j] += scale * b[k * tokens + j];
                }
            }
        }
        return c;
    }
}
