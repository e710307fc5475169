package io.vit4j.model;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A Vision Transformer with a classifier on its class token (Dosovitskiy et al. 2021), under transformers' name: the
 * blocks {@code [embeddings, layer 0, ..., layer L-1, head]}, over weights that somebody else keeps.
 */
public final class ViTForImageClassification {
    private ViTForImageClassification() {}

    /** How many blocks such a model has. */
    public static int blockCount(ViTConfig config) {
        return config.numHiddenLayers() + 2;
    }

    /** The weights of block {@code block} (0 the embeddings, the last the head), in the order of the hub's files. */
    public static List<ParameterSpec> specs(ViTConfig config, int block) {
        Stream<ParameterSpec> specs;
        if (block == 0) {
            specs = Embeddings.specs(config);
        } else if (block == blockCount(config) - 1) {
            specs = Head.specs(config);
        } else {
            specs = EncoderLayer.specs(config, block - 1);
        }
        return specs.toList();
    }

    /** The weights of all blocks. */
    public static List<ParameterSpec> specs(ViTConfig config) {
        return specs(config, 0, blockCount(config));
    }

    /** The weights of blocks {@code from} (included) to {@code to} (not included). */
    public static List<ParameterSpec> specs(ViTConfig config, int from, int to) {
        List<ParameterSpec> specs = new ArrayList<>();
        for (int block = from; block < to; block++) {
            specs.addAll(specs(config, block));
        }
        return specs;
    }

    /** All blocks over these weights. */
    public static List<Block> blocks(ViTConfig config, Parameters parameters) {
        return blocks(config, parameters, 0, blockCount(config));
    }

    /** Blocks {@code from} (included) to {@code to} (not included); the parameters need hold theirs alone. */
    public static List<Block> blocks(ViTConfig config, Parameters parameters, int from, int to) {
        List<Block> blocks = new ArrayList<>();
        for (int block = from; block < to; block++) {
            if (block == 0) {
                blocks.add(new Embeddings(config, parameters));
            } else if (block == blockCount(config) - 1) {
                blocks.add(new Head(config, parameters));
            } else {
                blocks.add(new EncoderLayer(config, block - 1, parameters));
            }
        }
        return List.copyOf(blocks);
    }
}
