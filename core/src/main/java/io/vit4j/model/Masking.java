package io.vit4j.model;

import io.vit4j.base.JsonObject;

/**
 * What a masked autoencoder hides of a picture, and what it is compared with.
 *
 * @param patches of a picture
 * @param seen patches that the encoder sees
 * @param patchSize rows and columns of a patch
 * @param normalised whether the pixels to predict are normalised patch by patch
 * @param encoder the configuration of the encoder alone
 */
public record Masking(int patches, int seen, int patchSize, boolean normalised, JsonObject encoder) {}
