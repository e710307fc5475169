package io.vit4j.model.dinov2;

import io.vit4j.base.JsonObject;
import io.vit4j.model.ModelDefinition;
import java.util.List;

/**
 * DINOv2 with registers (Darcet et al. 2024): tokens beside the class token, for what else a model would keep in patches without
 * content; as transformers' {@code Dinov2WithRegistersForImageClassification}.
 */
public final class Dinov2WithRegistersArchitecture extends Dinov2Family {
    private static final String FAMILY = "dinov2_with_registers";
    private static final int USUAL_PATCH = 16;
    private static final int USUAL_REGISTERS = 4;

    /** Made by {@link java.util.ServiceLoader}. */
    public Dinov2WithRegistersArchitecture() {
        super(FAMILY, USUAL_PATCH, USUAL_REGISTERS);
    }

    @Override
    public ModelDefinition define(JsonObject json) {
        Dinov2Config config = config(json);
        JsonObject written = config.writtenOver(json)
                .with("architectures", List.of("Dinov2WithRegistersForImageClassification"))
                .with("model_type", FAMILY)
                .with("num_register_tokens", config.registers());
        return new Dinov2Blocks(FAMILY, config).define(this, written, true);
    }

    @Override
    public String describe(JsonObject json) {
        Dinov2Config config = config(json);
        return "DINOv2 with " + config.registers() + " registers, "
                + config.encoder().describe();
    }
}
