package io.vit4j.model.transformer;

import io.vit4j.model.Initialization;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Shape;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The self-attention of a layer (Vaswani et al. 2017) as a family has it: its sizes and the names of its weights.
 *
 * @param hidden numbers of a token
 * @param heads that attend side by side, each over {@code hidden / heads} numbers
 * @param query {@code [hidden, hidden]}, as key, value and output
 * @param init how the weights of query, key and value start
 * @param outputInit how that of the output starts
 * @param dropout probability of dropping an attention in training
 * @param rotary turns queries and keys by their place; empty if they are not turned
 * @param bias is added to the scores; empty if nothing is
 */
public record SelfAttention(
        int hidden,
        int heads,
        Linear.Named query,
        Linear.Named key,
        Linear.Named value,
        Linear.Named output,
        Initialization init,
        Initialization outputInit,
        double dropout,
        Optional<RotaryPositions> rotary,
        Optional<AttentionBias> bias) {

    /** Attention that knows nothing of places. */
    public SelfAttention(
            int hidden,
            int heads,
            Linear.Named query,
            Linear.Named key,
            Linear.Named value,
            Linear.Named output,
            Initialization init,
            double dropout) {
        this(hidden, heads, query, key, value, output, init, init, dropout, Optional.empty(), Optional.empty());
    }

    /** The same with queries and keys turned by their place. */
    public SelfAttention with(RotaryPositions positions) {
        return new SelfAttention(
                hidden, heads, query, key, value, output, init, outputInit, dropout, Optional.of(positions), bias);
    }

    /** The same with something added to the scores. */
    public SelfAttention with(AttentionBias added) {
        return new SelfAttention(
                hidden, heads, query, key, value, output, init, outputInit, dropout, rotary, Optional.of(added));
    }

    /** The same with the output's weight started otherwise. */
    public SelfAttention withOutputInit(Initialization other) {
        return new SelfAttention(hidden, heads, query, key, value, output, init, other, dropout, rotary, bias);
    }

    SelfAttention forPictures(Shape picture) {
        return new SelfAttention(
                hidden,
                heads,
                query,
                key,
                value,
                output,
                init,
                outputInit,
                dropout,
                rotary.map(positions -> positions.forPictures(picture)),
                bias.map(added -> added.forPictures(picture)));
    }

    /** Whether training draws random numbers. */
    boolean draws() {
        return dropout > 0 || rotary.map(RotaryPositions::draws).orElse(false);
    }

    int headSize() {
        return hidden / heads;
    }

    List<Linear.Named> queryKeyValue() {
        return List.of(query, key, value);
    }

    List<Linear.Named> keyValue() {
        return List.of(key, value);
    }

    Stream<ParameterSpec> weights() {
        return Stream.of(
                        Linear.specs(hidden, hidden, init, queryKeyValue()),
                        bias.stream().flatMap(added -> added.weights().stream()),
                        Linear.specs(hidden, hidden, outputInit, List.of(output)))
                .flatMap(specs -> specs);
    }
}
