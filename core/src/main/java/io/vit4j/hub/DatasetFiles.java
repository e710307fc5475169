package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.image.PictureNames;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** Which files of a data set on the hub are needed to prepare it. */
final class DatasetFiles {
    private static final List<String> ARCHIVES = List.of(".zip", ".tar", ".tar.gz", ".tgz");
    private static final List<String> TABLES =
            List.of(".csv", ".csv.gz", ".tsv", ".jsonl", ".jsonl.gz", ".txt", ".parquet");

    private DatasetFiles() {}

    /**
     * The Parquet files of the configuration; if there are none, its images and archives, with all tables and lists; and the
     * card, if there is one.
     *
     * @param files all that the data set has
     * @throws InputException if there is nothing that can be prepared, or no such configuration
     */
    static List<String> needed(HubName name, List<String> files, DatasetCard card, Optional<String> configuration) {
        String prefix = "hf:" + name;
        Optional<DatasetCard.Configuration> chosen = card.configuration(configuration, prefix, prefix + "/");
        Predicate<String> belongs = chosen.isPresent()
                ? path -> chosen.get().files().stream().anyMatch(each -> each.contains(path))
                : path -> configuration.isEmpty() || path.startsWith(configuration.get() + "/");
        List<String> visible = files.stream().filter(path -> !isHidden(path)).toList();
        List<String> own = visible.stream().filter(belongs).toList();
        if (own.isEmpty() && configuration.isPresent() && chosen.isEmpty()) {
            throw new InputException(prefix + ": has no configuration " + configuration.get()
                    + ": its README.md names none, and there is no folder of that name; leave it out");
        }
        Predicate<String> isCard = DatasetCard.FILE::equals;
        List<String> parquet =
                own.stream().filter(path -> lower(path).endsWith(".parquet")).toList();
        if (!parquet.isEmpty()) {
            return visible.stream().filter(isCard.or(parquet::contains)).toList();
        }
        List<String> pictures = own.stream()
                .filter(path -> PictureNames.isPicture(fileName(path)) || endsInOneOf(path, ARCHIVES))
                .toList();
        if (pictures.isEmpty()) {
            throw new InputException(prefix + ": has neither Parquet files nor images or archives of them"
                    + (files.stream().anyMatch(path -> path.endsWith(".py"))
                            ? ", but a program that makes them; try its Parquet version, hf:" + name.repository()
                                    + "@refs/convert/parquet"
                            : " (it has " + endings(visible) + "); choose another data set"));
        }
        Set<String> wanted = Set.copyOf(pictures);
        return visible.stream()
                .filter(isCard.or(wanted::contains).or(path -> endsInOneOf(path, TABLES)))
                .toList();
    }

    private static boolean isHidden(String path) {
        return path.startsWith(".") || path.contains("/.") || path.startsWith("__") || path.contains("/__");
    }

    private static boolean endsInOneOf(String path, List<String> endings) {
        return endings.stream().anyMatch(lower(path)::endsWith);
    }

    private static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String lower(String path) {
        return path.toLowerCase(Locale.ROOT);
    }

    private static String endings(List<String> files) {
        Set<String> endings = new TreeSet<>();
        for (String file : files) {
            String name = fileName(file);
            endings.add(name.indexOf('.') >= 0 ? name.substring(name.lastIndexOf('.')) : name);
        }
        return endings.isEmpty()
                ? "no files"
                : String.join(", ", endings.stream().limit(10).toList());
    }
}
