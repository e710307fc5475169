package io.vit4j.model.convnext;

/** ConvNeXt V2 (Woo et al. 2023) with a classifier on the mean over all places, as transformers' {@code ConvNextV2ForImageClassification}. */
public final class ConvNextV2Architecture extends ConvNextFamily {
    /** Made by {@link java.util.ServiceLoader}. */
    public ConvNextV2Architecture() {
        super(Version.V2);
    }
}
