package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;

/** The families on the class path. */
final class Architectures {
    private Architectures() {}

    private static final class Found {
        static final List<Architecture> ALL = load();

        private static List<Architecture> load() {
            List<Architecture> all = new ArrayList<>();
            ServiceLoader.load(Architecture.class, Architecture.class.getClassLoader())
                    .forEach(all::add);
            ClassLoader context = Thread.currentThread().getContextClassLoader();
            if (context != null) {
                for (Architecture more : ServiceLoader.load(Architecture.class, context)) {
                    if (all.stream().noneMatch(known -> known.getClass() == more.getClass())) {
                        all.add(more);
                    }
                }
            }
            return List.copyOf(all);
        }
    }

    /** The family that a configuration belongs to; InputException if none reads it. */
    static Architecture of(JsonObject config) {
        return Found.ALL.stream()
                .filter(family -> family.reads(config))
                .findFirst()
                .orElseThrow(() -> new InputException(config.source() + ": "
                        + (config.has("model_type")
                                ? "model_type is '" + config.text("model_type") + "', "
                                        + OtherFamilies.describe(config.text("model_type"))
                                : "has no model_type")
                        + "; known ones are "
                        + Found.ALL.stream()
                                .map(family -> "'" + family.modelType() + "'")
                                .toList()));
    }

    /** The configuration of that name; InputException if there is none. */
    static JsonObject preset(String name) {
        Map<String, JsonObject> presets = new LinkedHashMap<>();
        Found.ALL.forEach(family -> presets.putAll(family.presets()));
        JsonObject preset = presets.get(name.toLowerCase(Locale.ROOT));
        if (preset == null) {
            throw new InputException("'" + name + "' is not a known model; use " + String.join(", ", presets.keySet())
                    + " or a config.json");
        }
        return preset;
    }
}
