package io.vit4j.model.convnext;

/** ConvNeXt (Liu et al. 2022) with a classifier on the mean over all places, as transformers' {@code ConvNextForImageClassification}. */
public final class ConvNextArchitecture extends ConvNextFamily {
    /** Made by {@link java.util.ServiceLoader}. */
    public ConvNextArchitecture() {
        super(Version.V1);
    }
}
