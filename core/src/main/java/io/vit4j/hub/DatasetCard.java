package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What the YAML at the beginning of a data set's {@code README.md} says: its configurations, which files belong to each, and
 * the names of its classes.
 *
 * @param configurations in the file's order; empty if it names no files
 * @param classNames of the columns with classes, by configuration and column
 */
public record DatasetCard(
        List<DatasetCard.Configuration> configurations, Map<String, Map<String, List<String>>> classNames) {
    /** Name of the file. */
    public static final String FILE = "README.md";

    /** The name that a configuration has if none is given. */
    public static final String DEFAULT = "default";

    /** A card that says nothing. */
    public static final DatasetCard NONE = new DatasetCard(List.of(), Map.of());

    private static final int LONGEST = 4 << 20;
    private static final String FENCE = "---";

    /**
     * A choice of the data set's files.
     *
     * @param name by which it is chosen
     * @param isDefault whether it is meant if none is chosen
     * @param files by split
     */
    public record Configuration(String name, boolean isDefault, List<DataFiles> files) {}

    /**
     * Files of one split.
     *
     * @param split the card's word for it; empty if the files' names tell it
     * @param patterns of their paths in the data set, such as {@code data/train-*}
     */
    public record DataFiles(Optional<String> split, List<String> patterns) {
        /** Whether a file is one of them. */
        public boolean contains(String path) {
            return patterns.stream().anyMatch(pattern -> FilePattern.matches(pattern, path));
        }
    }

    /** Copies the list. */
    public DatasetCard {
        configurations = List.copyOf(configurations);
    }

    /** The folder's card; {@link #NONE} if it has none, or one without YAML. InputException if the YAML cannot be read. */
    public static DatasetCard in(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            return NONE;
        }
        try (InputStream in = OpenFiles.stream(file)) {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(in.readNBytes(LONGEST)));
            return parse(text.toString(), file.toString());
        } catch (CharacterCodingException e) {
            throw InputException.in(file, "is not text in UTF-8; convert it, or remove it", e);
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * The card that a text is.
     *
     * @param source the file, for messages
     */
    static DatasetCard parse(String text, String source) {
        String unix = text.replace("\r\n", "\n");
        int end = unix.indexOf("\n" + FENCE, FENCE.length());
        if (!unix.startsWith(FENCE + "\n") || end < 0) {
            return NONE;
        }
        try {
            Object yaml = new Load(LoadSettings.builder()
                            .setLabel(source)
                            .setAllowDuplicateKeys(true)
                            .build())
                    .loadFromString(unix.substring(FENCE.length() + 1, end + 1));
            return yaml instanceof Map<?, ?> card
                    ? new DatasetCard(configurations(card.get("configs")), classNames(card.get("dataset_info")))
                    : NONE;
        } catch (RuntimeException e) {
            String reason = String.valueOf(e.getMessage()).strip();
            throw new InputException(
                    source + ": its YAML cannot be read ("
                            + reason.substring(0, Math.min(reason.length(), 200))
                                    .replaceAll("\\s+", " ")
                            + "); correct it, or remove the file",
                    e);
        } catch (StackOverflowError e) {
            throw new InputException(source + ": its YAML is nested too deeply; correct it, or remove the file", e);
        }
    }

    /**
     * The configuration that is meant.
     *
     * @param wanted its name; empty: the default one
     * @param howToChoose for the message if there are several, up to the name
     * @return empty if the card has none
     */
    public Optional<Configuration> configuration(Optional<String> wanted, String source, String howToChoose) {
        if (configurations.isEmpty()) {
            return Optional.empty();
        }
        List<String> names = configurations.stream().map(Configuration::name).toList();
        Optional<Configuration> found = wanted.isPresent()
                ? configurations.stream()
                        .filter(each -> each.name().equals(wanted.get()))
                        .findFirst()
                : configurations.stream()
                        .filter(Configuration::isDefault)
                        .findFirst()
                        .or(() -> configurations.stream()
                                .filter(each -> each.name().equals(DEFAULT))
                                .findFirst())
                        .or(() -> configurations.stream()
                                .filter(each -> configurations.size() == 1)
                                .findFirst());
        if (found.isEmpty()) {
            throw new InputException(source + ": "
                    + wanted.map(name -> "has no configuration " + name + ", but ")
                            .orElse("has several configurations, ")
                    + String.join(", ", names.subList(0, Math.min(names.size(), 20)))
                    + (names.size() > 20 ? "..." : "") + "; choose one with " + howToChoose + names.get(0));
        }
        return found;
    }

    private static List<Configuration> configurations(Object yaml) {
        List<Configuration> found = new ArrayList<>();
        for (Object each : list(yaml)) {
            if (each instanceof Map<?, ?> config) {
                String folder = config.containsKey("data_dir") ? text(config.get("data_dir")) + "/" : "";
                List<DataFiles> files = new ArrayList<>();
                List<String> anySplit = new ArrayList<>();
                for (Object entry : list(config.get("data_files"))) {
                    if (entry instanceof Map<?, ?> split) {
                        files.add(new DataFiles(
                                Optional.ofNullable(split.get("split")).map(DatasetCard::text),
                                list(split.get("path")).stream()
                                        .map(path -> folder + text(path))
                                        .toList()));
                    } else {
                        anySplit.add(folder + text(entry));
                    }
                }
                if (files.isEmpty() && anySplit.isEmpty() && !folder.isEmpty()) {
                    anySplit.add(folder + "**");
                }
                if (!anySplit.isEmpty()) {
                    files.add(new DataFiles(Optional.empty(), anySplit));
                }
                if (!files.isEmpty()) {
                    String name = config.containsKey("config_name") ? text(config.get("config_name")) : DEFAULT;
                    found.add(new Configuration(name, Boolean.TRUE.equals(config.get("default")), files));
                }
            }
        }
        return found;
    }

    private static Map<String, Map<String, List<String>>> classNames(Object yaml) {
        Map<String, Map<String, List<String>>> byConfiguration = new LinkedHashMap<>();
        for (Object each : list(yaml)) {
            if (each instanceof Map<?, ?> info) {
                Map<String, List<String>> byColumn = new LinkedHashMap<>();
                for (Object feature : list(info.get("features"))) {
                    if (feature instanceof Map<?, ?> column && column.get("name") != null) {
                        List<String> names = namesIn(column, 0);
                        if (!names.isEmpty()) {
                            byColumn.put(text(column.get("name")), names);
                        }
                    }
                }
                String name = info.containsKey("config_name") ? text(info.get("config_name")) : DEFAULT;
                byConfiguration.put(name, byColumn);
            }
        }
        return byConfiguration;
    }

    /** Of {@code dtype: {class_label: {names: {'0': cat, '1': dog}}}}, also within a {@code sequence} or {@code list}. */
    private static List<String> namesIn(Map<?, ?> feature, int depth) {
        if (feature.get("class_label") instanceof Map<?, ?> label) {
            Object names = label.get("names");
            if (names instanceof Map<?, ?> byNumber) {
                Map<Integer, String> ordered = new TreeMap<>();
                byNumber.forEach((number, name) -> ordered.put(Integer.parseInt(text(number)), text(name)));
                return List.copyOf(ordered.values());
            }
            return list(names).stream().map(DatasetCard::text).toList();
        }
        for (String inside : List.of("dtype", "sequence", "list", "feature")) {
            if (feature.get(inside) instanceof Map<?, ?> deeper && depth < 8) {
                return namesIn(deeper, depth + 1);
            }
        }
        return List.of();
    }

    private static List<?> list(Object yaml) {
        return yaml == null ? List.of() : yaml instanceof List<?> several ? several : List.of(yaml);
    }

    private static String text(Object yaml) {
        return yaml instanceof Map || yaml instanceof List ? "" : String.valueOf(yaml);
    }

    /** The names of a configuration's classes, by column. */
    public Map<String, List<String>> classNamesOf(String configuration) {
        return classNames.size() == 1
                ? classNames.values().iterator().next()
                : classNames.getOrDefault(configuration, Map.of());
    }
}
