package io.vit4j.parallel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Every field that an {@code ipu_config.json} of Optimum Graphcore 0.3.1 to 0.7.1 may have, with its hardware-neutral
 * name where it means something off an IPU, and what values it takes.
 */
enum ConfigField {
    LAYERS_PER_IPU(FieldType.LAYERS, "layers_per_stage"),
    INFERENCE_LAYERS_PER_IPU(FieldType.LAYERS, "inference_layers_per_stage"),
    IPUS_PER_REPLICA(FieldType.COUNT, "pipeline_stages"),
    INFERENCE_IPUS_PER_REPLICA(FieldType.COUNT, "inference_pipeline_stages"),
    REPLICATION_FACTOR(FieldType.COUNT, "replicas"),
    INFERENCE_REPLICATION_FACTOR(FieldType.COUNT, "inference_replicas"),
    GRADIENT_ACCUMULATION_STEPS(FieldType.COUNT, null),
    DEVICE_ITERATIONS(FieldType.COUNT, "steps_per_return"),
    INFERENCE_DEVICE_ITERATIONS(FieldType.COUNT, "inference_micro_batches"),
    RECOMPUTE_CHECKPOINT_EVERY_LAYER(FieldType.FLAG, "recomputation"),
    REPLICATED_TENSOR_SHARDING(FieldType.FLAG, "optimizer_state_sharding"),
    OPTIMIZER_STATE_OFFCHIP(FieldType.FLAG, "optimizer_state_offload"),
    AUTO_LOSS_SCALING(FieldType.FLAG, null),

    SEED(FieldUse.PASSED_OVER, FieldType.WHOLE),
    MATMUL_PROPORTION(FieldUse.PASSED_OVER, FieldType.PROPORTION),
    INFERENCE_MATMUL_PROPORTION(FieldUse.PASSED_OVER, FieldType.PROPORTION),
    ENABLE_HALF_PARTIALS(FieldUse.PASSED_OVER, FieldType.FLAG),
    EXECUTABLE_CACHE_DIR(FieldUse.PASSED_OVER, FieldType.TEXT),
    OUTPUT_MODE(FieldUse.PASSED_OVER, FieldType.OUTPUT_MODE),
    EXPLICIT_IR_INFERENCE(FieldUse.PASSED_OVER, FieldType.FLAG),
    PARALLELIZE_KWARGS(FieldUse.PASSED_OVER, FieldType.OBJECT),
    INFERENCE_PARALLELIZE_KWARGS(FieldUse.PASSED_OVER, FieldType.OBJECT),
    EMBEDDING_SERIALIZATION_FACTOR(FieldUse.PASSED_OVER, FieldType.FACTOR),
    INFERENCE_EMBEDDING_SERIALIZATION_FACTOR(FieldUse.PASSED_OVER, FieldType.FACTOR),
    PROJECTION_SERIALIZATION_FACTOR(FieldUse.PASSED_OVER, FieldType.FACTOR),
    INFERENCE_PROJECTION_SERIALIZATION_FACTOR(FieldUse.PASSED_OVER, FieldType.FACTOR),
    SERIALIZED_EMBEDDING_SPLITS_PER_IPU(FieldUse.PASSED_OVER, FieldType.SPLITS),
    INFERENCE_SERIALIZED_EMBEDDING_SPLITS_PER_IPU(FieldUse.PASSED_OVER, FieldType.SPLITS),
    SERIALIZED_PROJECTION_SPLITS_PER_IPU(FieldUse.PASSED_OVER, FieldType.SPLITS),
    INFERENCE_SERIALIZED_PROJECTION_SPLITS_PER_IPU(FieldUse.PASSED_OVER, FieldType.SPLITS),

    USE_POPDIST(FieldUse.OLDER, FieldType.ANYTHING),
    COMPILE_ONLY(FieldUse.OLDER, FieldType.ANYTHING),
    RANDOM_SEED(FieldUse.OLDER, FieldType.ANYTHING),
    SYNTHETIC_DATA(FieldUse.OLDER, FieldType.ANYTHING),
    PROFILE_DIR(FieldUse.OLDER, FieldType.ANYTHING),
    DECOMPOSE_GRAD_SUM(FieldUse.OLDER, FieldType.ANYTHING),
    SHARDED_EXECUTION_FOR_INFERENCE(FieldUse.OLDER, FieldType.ANYTHING),
    ENABLE_HALF_FIRST_ORDER_MOMENTUM(FieldUse.OLDER, FieldType.ANYTHING),
    EXECUTE_ENCODER_ON_CPU_FOR_GENERATION(FieldUse.OLDER, FieldType.ANYTHING),
    OPTIMUM_VERSION(FieldUse.OLDER, FieldType.ANYTHING),
    TRANSFORMERS_VERSION(FieldUse.OLDER, FieldType.ANYTHING);

    /** What becomes of a field. */
    enum FieldUse {
        /** It rules the run. */
        RULES,
        /** It means something only on an IPU: checked, kept, named, without effect. */
        PASSED_OVER,
        /** Known to earlier versions or added by a library: named, without effect, not written again. */
        OLDER
    }

    enum FieldType {
        COUNT,
        FLAG,
        LAYERS,
        WHOLE,
        FACTOR,
        PROPORTION,
        SPLITS,
        OUTPUT_MODE,
        TEXT,
        OBJECT,
        ANYTHING
    }

    /** Those that Optimum declares with a value of its own kind only: {@code null} is no value for them. */
    private static final Set<ConfigField> NEVER_NULL = Set.of(
            LAYERS_PER_IPU,
            REPLICATION_FACTOR,
            INFERENCE_REPLICATION_FACTOR,
            GRADIENT_ACCUMULATION_STEPS,
            DEVICE_ITERATIONS,
            INFERENCE_DEVICE_ITERATIONS,
            RECOMPUTE_CHECKPOINT_EVERY_LAYER,
            REPLICATED_TENSOR_SHARDING,
            OPTIMIZER_STATE_OFFCHIP,
            AUTO_LOSS_SCALING,
            MATMUL_PROPORTION,
            ENABLE_HALF_PARTIALS,
            OUTPUT_MODE,
            EXPLICIT_IR_INFERENCE);

    private static final Set<String> OUTPUT_MODES = Set.of("all", "sum", "final", "default");
    private static final int LONGEST_IN_MESSAGE = 80;
    private static final Map<String, ConfigField> BY_NAME = new LinkedHashMap<>();

    static {
        for (ConfigField field : values()) {
            BY_NAME.put(field.published(), field);
        }
        for (ConfigField field : values()) {
            if (!field.neutral.isEmpty()) {
                BY_NAME.put(field.neutral, field);
            }
        }
    }

    final FieldUse use;
    final FieldType kind;
    private final String neutral;

    ConfigField(FieldType kind, String neutral) {
        this.use = FieldUse.RULES;
        this.kind = kind;
        this.neutral = neutral == null ? "" : neutral;
    }

    ConfigField(FieldUse use, FieldType kind) {
        this.use = use;
        this.kind = kind;
        this.neutral = "";
    }

    /** Every name, published or neutral, and its field. */
    static Map<String, ConfigField> byName() {
        return BY_NAME;
    }

    /** The name in Optimum Graphcore's files. */
    String published() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    boolean mayBeNull() {
        return !NEVER_NULL.contains(this);
    }

    /**
     * The value, if this field accepts it; what depends on other fields is checked later.
     *
     * @param where file and field, or argument and field, to begin a message with
     */
    JsonNode checked(JsonNode value, String where) {
        switch (kind) {
            case COUNT -> whole(value, 1, where);
            case WHOLE -> whole(value, Integer.MIN_VALUE, where);
            case FACTOR -> {
                if (this == EMBEDDING_SERIALIZATION_FACTOR && value.isIntegralNumber() && value.asInt() == 0) {
                    return IntNode.valueOf(1); // early files say 0 for "not serialized"
                }
                whole(value, 1, where);
            }
            case FLAG -> require(value.isBoolean(), value, where, "true or false");
            case TEXT -> require(value.isTextual(), value, where, "a string");
            case OBJECT -> require(value.isObject(), value, where, "an object {...}");
            case OUTPUT_MODE ->
                require(
                        value.isTextual() && OUTPUT_MODES.contains(value.textValue()),
                        value,
                        where,
                        "\"all\", \"sum\", \"final\" or \"default\"");
            case LAYERS -> Placement.checkAsked(wholes(value, where), where);
            case SPLITS -> checkSplits(wholes(value, where), value, where);
            case PROPORTION -> checkProportion(value, where);
            case ANYTHING -> {}
        }
        return value;
    }

    private static void checkSplits(List<Integer> splits, JsonNode value, String where) {
        int runs = 0;
        int before = 0;
        for (int split : splits) {
            require(split >= 0, value, where, "a list of numbers of splits, none of them negative");
            runs += split > 0 && before == 0 ? 1 : 0;
            before = split;
        }
        require(runs > 0, value, where, "a list with at least one split");
        require(runs == 1, value, where, "a list whose splits are on neighbouring stages, without a 0 between them");
    }

    private static void checkProportion(JsonNode value, String where) {
        String wanted = "a number of at least 0, or a list of them";
        require(value.isNumber() || value.isArray() && !value.isEmpty(), value, where, wanted);
        for (JsonNode number : value.isArray() ? value : List.of(value)) {
            require(number.isNumber(), value, where, wanted);
            double proportion = number.doubleValue();
            require(proportion >= 0 && proportion < Double.POSITIVE_INFINITY, value, where, wanted);
        }
    }

    private static void whole(JsonNode value, int atLeast, String where) {
        String wanted = atLeast == 1 ? "a whole number of at least 1" : "a whole number";
        require(value.isIntegralNumber() && value.canConvertToInt(), value, where, wanted);
        require(value.intValue() >= atLeast, value, where, wanted);
    }

    /** A list of whole numbers. */
    static List<Integer> wholes(JsonNode value, String where) {
        String wanted = "a list of whole numbers, such as [3, 3, 3, 3]";
        require(value.isArray(), value, where, wanted);
        List<Integer> numbers = new ArrayList<>(value.size());
        for (JsonNode number : value) {
            require(number.isIntegralNumber() && number.canConvertToInt(), value, where, wanted);
            numbers.add(number.intValue());
        }
        return numbers;
    }

    private static void require(boolean fine, JsonNode value, String where, String wanted) {
        if (!fine) {
            throw new InputException(where + " is " + shown(value) + "; it must be " + wanted);
        }
    }

    /** The value as JSON, cut where a message would become unreadable. */
    static String shown(JsonNode value) {
        String text = Json.line(value);
        return text.length() <= LONGEST_IN_MESSAGE ? text : text.substring(0, LONGEST_IN_MESSAGE) + "...";
    }
}
