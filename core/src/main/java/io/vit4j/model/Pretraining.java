package io.vit4j.model;

/** A method of pretraining without labels, as far as it changes the model: what is trained around an encoder. */
public sealed interface Pretraining permits MaskedAutoencoding, SelfDistillation {
    /** The model that is trained to pretrain an encoder; InputException if models of its family cannot be pretrained so. */
    ModelDefinition around(ModelDefinition encoder);
}
