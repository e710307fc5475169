package io.vit4j.model.timm;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.hub.CheckpointFormat;
import io.vit4j.hub.StoredTensor;
import io.vit4j.image.ImageProcessor;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Folders of timm (Wightman 2019), such as {@code timm/vit_small_patch16_224.augreg_in21k} of the hub: models that transformers
 * has too, and that are saved as transformers saves them. Besides, the files of EVA's authors, which timm reads, too ({@link EvaFile}).
 */
public final class TimmFormat implements CheckpointFormat {
    private static final List<Function<TimmConfig, Optional<TimmModel>>> FAMILIES = List.of(
            VisionTransformers::of, Dinov3Transformers::of, EvaTransformers::of, SwinTransformers::of, ConvNexts::of);

    /** Made by {@link java.util.ServiceLoader}. */
    public TimmFormat() {}

    @Override
    public boolean reads(JsonObject config) {
        return TimmConfig.describes(config) || EvaFile.describes(config);
    }

    @Override
    public JsonObject config(JsonObject config) {
        return model(config).config();
    }

    @Override
    public ImageProcessor imageProcessor(JsonObject config) {
        return TimmPictures.processor(timm(config));
    }

    @Override
    public List<StoredTensor> weights(JsonObject config, Collection<StoredTensor> stored) {
        if (EvaFile.describes(config)) {
            return model(config).weights().of(EvaFile.of(config).asTimm().of(stored));
        }
        List<StoredTensor> bare =
                new Renaming().to("timm_model\\.(.*)", "$1").of(stored); // within transformers' own class around it
        return model(config).weights().of(bare);
    }

    private static TimmConfig timm(JsonObject config) {
        return new TimmConfig(EvaFile.describes(config) ? EvaFile.of(config).config() : config);
    }

    private static TimmModel model(JsonObject config) {
        TimmConfig timm = timm(config);
        return FAMILIES.stream()
                .flatMap(family -> family.apply(timm).stream())
                .findFirst()
                .orElseThrow(() -> new InputException("timm's architecture " + timm.architecture()
                        + " is not read; vit4j reads timm's ViT, DeiT, DINOv2, DINOv3, Swin and ConvNeXt models that transformers has"
                        + " too, and EVA-02"));
    }
}
