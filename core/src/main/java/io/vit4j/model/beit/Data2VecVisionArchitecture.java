package io.vit4j.model.beit;

/**
 * The vision model of data2vec (Baevski et al. 2022), as transformers' {@code Data2VecVisionForImageClassification}: BEiT's network
 * under other names.
 */
public final class Data2VecVisionArchitecture extends RelativePositionArchitecture {
    /** Made by {@link java.util.ServiceLoader}. */
    public Data2VecVisionArchitecture() {
        super(BeitFamily.DATA2VEC);
    }
}
