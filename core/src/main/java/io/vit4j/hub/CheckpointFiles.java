package io.vit4j.hub;

import java.util.List;

/** The names of a checkpoint folder's files. */
public final class CheckpointFiles {
    public static final String CONFIG = "config.json";
    public static final String PREPROCESSOR = "preprocessor_config.json";
    public static final String SAFETENSORS = "model.safetensors";
    public static final String SAFETENSORS_INDEX = "model.safetensors.index.json";
    public static final String PICKLE = "pytorch_model.bin";
    public static final String PICKLE_INDEX = "pytorch_model.bin.index.json";

    /** Where weights are looked for, the preferred form first. */
    public static final List<String> WEIGHTS = List.of(SAFETENSORS, SAFETENSORS_INDEX, PICKLE, PICKLE_INDEX);

    private CheckpointFiles() {}
}
