package io.vit4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Facts about a whole data set: the metadata of its Arrow schema, and the digest from its footer.
 *
 * @param labels the vocabulary
 * @param problemType what the labels mean
 * @param height of each stored picture
 * @param width of each stored picture
 * @param channels of each stored picture: 1 if all are grey, else 3
 * @param cropHeight what the model gets; less than {@code height} if a margin is stored for augmentation
 * @param cropWidth what the model gets
 * @param processor the image processor's settings, as in {@code preprocessor_config.json}
 * @param seed of the split
 * @param columns names of the label file's other columns
 * @param digest of everything the data set was made from: equal for equal label files, images and settings
 */
public record DatasetInfo(
        LabelVocabulary labels,
        ProblemType problemType,
        int height,
        int width,
        int channels,
        int cropHeight,
        int cropWidth,
        JsonObject processor,
        long seed,
        List<String> columns,
        String digest) {
    /** Of the layout of the Arrow file. */
    static final int FORMAT = 1;

    static final String FORMAT_KEY = "vit4j.format";

    /** Of the footer's metadata: it depends on every row, and the schema stands before the first. */
    static final String DIGEST_KEY = "vit4j.digest";

    /** Pictures of more values are refused. */
    static final int MOST_PIXEL_VALUES = 256 << 20;

    /** Checks the sizes. */
    public DatasetInfo {
        columns = List.copyOf(columns);
        if (height < 1
                || width < 1
                || (channels != 1 && channels != 3)
                || (long) height * width * 3 > MOST_PIXEL_VALUES
                || cropHeight < 1
                || cropWidth < 1
                || cropHeight > height
                || cropWidth > width) {
            throw new InputException("pictures of " + width + "x" + height + " with " + channels
                    + " channels, cropped to " + cropWidth + "x" + cropHeight + ": this size cannot be stored");
        }
    }

    /** Bytes of a stored picture. */
    public int pictureBytes() {
        return height * width * channels;
    }

    /** Values of a sample's labels. */
    public int labelCount() {
        return problemType.labelCount(labels.size());
    }

    /** The column that names the patient, by its name; empty if there is none. */
    public Optional<String> patientColumn() {
        int index = TableColumns.patientIn(columns);
        return index < 0 ? Optional.empty() : Optional.of(columns.get(index));
    }

    DatasetInfo withChannels(int count) {
        return new DatasetInfo(
                labels, problemType, height, width, count, cropHeight, cropWidth, processor, seed, columns, digest);
    }

    /** The digest tells the other order, too, so that nothing made of one is taken for the other. */
    DatasetInfo withLabels(LabelVocabulary others) {
        return new DatasetInfo(
                others,
                problemType,
                height,
                width,
                channels,
                cropHeight,
                cropWidth,
                processor,
                seed,
                columns,
                PreparePlan.digest(digest + others.names()));
    }

    DatasetInfo withDigest(String other) {
        return new DatasetInfo(
                labels, problemType, height, width, channels, cropHeight, cropWidth, processor, seed, columns, other);
    }

    /** All but the digest. */
    Map<String, String> toMetadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(FORMAT_KEY, Integer.toString(FORMAT));
        metadata.put("labels", Json.line(strings(labels.names())));
        metadata.put("problem_type", problemType.configName());
        metadata.put("height", Integer.toString(height));
        metadata.put("width", Integer.toString(width));
        metadata.put("channels", Integer.toString(channels));
        metadata.put("crop_height", Integer.toString(cropHeight));
        metadata.put("crop_width", Integer.toString(cropWidth));
        metadata.put("processor", processor.line());
        metadata.put("seed", Long.toString(seed));
        metadata.put("columns", Json.line(strings(columns)));
        return metadata;
    }

    /**
     * @param metadata as {@link #toMetadata} makes it, with the digest under {@link #DIGEST_KEY}
     * @param source the file, for messages
     */
    static DatasetInfo fromMetadata(Map<String, String> metadata, String source) {
        String format = metadata.get(FORMAT_KEY);
        if (format == null) {
            throw new InputException(source + ": an Arrow file, but not one written by prepare");
        }
        if (!format.equals(Integer.toString(FORMAT))) {
            throw new InputException(source + ": written in format " + format + ", but this version reads " + FORMAT
                    + "; prepare it again");
        }
        String problem = text(metadata, "problem_type", source);
        for (ProblemType type : ProblemType.values()) {
            if (type.configName().equals(problem)) {
                return new DatasetInfo(
                        new LabelVocabulary(list(metadata, "labels", source)),
                        type,
                        number(metadata, "height", source),
                        number(metadata, "width", source),
                        number(metadata, "channels", source),
                        number(metadata, "crop_height", source),
                        number(metadata, "crop_width", source),
                        JsonObject.parse(text(metadata, "processor", source), source + ", processor"),
                        longNumber(metadata, "seed", source),
                        list(metadata, "columns", source),
                        text(metadata, DIGEST_KEY, source));
            }
        }
        throw new InputException(source + ": its problem_type is \"" + problem + "\", which is unknown");
    }

    private static String text(Map<String, String> metadata, String key, String source) {
        String value = metadata.get(key);
        if (value == null) {
            throw new InputException(source + ": its schema's metadata lacks \"" + key + "\"; prepare it again");
        }
        return value;
    }

    private static long longNumber(Map<String, String> metadata, String key, String source) {
        try {
            return Long.parseLong(text(metadata, key, source));
        } catch (NumberFormatException e) {
            throw new InputException(source + ": its " + key + " is not a whole number; prepare it again", e);
        }
    }

    private static int number(Map<String, String> metadata, String key, String source) {
        long value = longNumber(metadata, key, source);
        if (value < 1 || value > MOST_PIXEL_VALUES) {
            throw new InputException(source + ": its " + key + " is " + value + "; prepare it again");
        }
        return (int) value;
    }

    private static List<String> list(Map<String, String> metadata, String key, String source) {
        List<String> names = new ArrayList<>();
        JsonNode list = Json.parse(text(metadata, key, source), source + ", " + key);
        for (JsonNode name : list) {
            names.add(name.asText());
        }
        return names;
    }

    static ArrayNode strings(List<String> values) {
        ArrayNode array = Json.object().putArray("strings");
        values.forEach(array::add);
        return array;
    }
}
