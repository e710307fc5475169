package io.vit4j.model;

import java.util.Map;

/** Families that people bring and that no architecture on the class path reads, named for what they are. */
final class OtherFamilies {
    private static final String PRETRAINED = "pretrained without labels; ";

    private static final Map<String, String> KNOWN = Map.ofEntries(
            Map.entry(
                    "vit_mae",
                    "a masked autoencoder, " + PRETRAINED + "its encoder is a ViT: in a copy of the folder, write"
                            + " \"model_type\": \"vit\" into config.json, and fine-tune that"),
            Map.entry(
                    "vit_msn",
                    "a masked siamese network, " + PRETRAINED + "its encoder is a ViT: in a copy of the folder, write"
                            + " \"model_type\": \"vit\" into config.json, and fine-tune that"),
            Map.entry("swin", "Swin, a ViT with shifted windows; take a checkpoint of a family that is known"),
            Map.entry("swinv2", "Swin V2, a ViT with shifted windows; take a checkpoint of a family that is known"),
            Map.entry("convnext", "ConvNeXt, a convolutional network; take a vision transformer"),
            Map.entry("convnextv2", "ConvNeXt V2, a convolutional network; take a vision transformer"),
            Map.entry("resnet", "ResNet, a convolutional network; take a vision transformer"),
            Map.entry("efficientnet", "EfficientNet, a convolutional network; take a vision transformer"),
            Map.entry("clip", "CLIP, of pictures and texts; take a model that classifies pictures"),
            Map.entry("siglip", "SigLIP, of pictures and texts; take a model that classifies pictures"));

    private OtherFamilies() {}

    /** What a family is and what to do, for a message that goes on with the known ones. */
    static String describe(String modelType) {
        return KNOWN.getOrDefault(modelType, "which no known architecture reads");
    }
}
