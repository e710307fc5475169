package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.hub.DatasetCard;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The shards of a data set in Parquet: which files in a folder belong to it, in which order, and the split of each, as Hugging
 * Face {@code datasets} finds them: by the card's configuration, else by the names of files and folders.
 *
 * @param root the folder, or the only file
 * @param files in the order of their paths
 * @param classNames those that the card tells, by column
 */
record ShardFiles(Path root, List<ShardFiles.ShardFile> files, Map<String, List<String>> classNames) {
    private static final int DEEPEST = 16;
    private static final int MOST_NAMED = 20;

    /** {@code train-00003-of-00005.parquet}, also with a hash at the end, as older versions of {@code datasets} wrote it. */
    private static final Pattern NUMBERED = Pattern.compile("(.*?)-(\\d{5})-of-(\\d{5})(.*)");

    /**
     * A shard.
     *
     * @param path below the root, with {@code /}
     * @param split the word that names its split, if there is one
     */
    record ShardFile(Path file, String path, Optional<String> split) {
        /** The path without its ending. */
        String stem() {
            return path.substring(0, path.lastIndexOf('.'));
        }
    }

    static boolean isShard(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(".parquet");
    }

    /** The format that reads them; InputException if it is not on the class path. */
    static ShardFormat format(Path example) {
        for (ShardFormat format : ServiceLoader.load(ShardFormat.class)) {
            if (isShard(format.ending())) {
                return format;
            }
        }
        throw InputException.in(example, "a Parquet file; to read it, add io.vit4j:vit4j-parquet to the class path");
    }

    /** The shards in a folder, or a single one; empty if there are none. */
    static Optional<ShardFiles> in(Path data, Optional<String> configuration) {
        if (Files.isRegularFile(data)) {
            String name = data.getFileName().toString();
            return isShard(name)
                    ? Optional.of(new ShardFiles(data, List.of(new ShardFile(data, name, Optional.empty())), Map.of()))
                    : Optional.empty();
        }
        List<String> paths = list(data);
        if (paths.isEmpty()) {
            return Optional.empty();
        }
        DatasetCard card = DatasetCard.in(data);
        Optional<DatasetCard.Configuration> chosen =
                card.configuration(configuration, data.toString(), "--configuration ");
        List<ShardFile> files = chosen.isPresent()
                ? ofConfiguration(data, paths, chosen.get())
                : ofNames(data, configuration.isPresent() ? below(data, paths, configuration.get()) : paths);
        refuseIncomplete(data, files);
        return Optional.of(new ShardFiles(
                data,
                files,
                card.classNamesOf(chosen.map(DatasetCard.Configuration::name)
                        .or(() -> configuration)
                        .orElse(DatasetCard.DEFAULT))));
    }

    private static List<String> list(Path data) {
        try (Stream<Path> walk = Files.find(
                data,
                DEEPEST,
                (file, attributes) ->
                        attributes.isRegularFile() && isShard(file.getFileName().toString()),
                FileVisitOption.FOLLOW_LINKS)) {
            return walk.map(file -> data.relativize(file).toString().replace('\\', '/'))
                    .filter(path -> !PassedOver.is(path))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw InputException.in(data, "cannot be listed: " + e.getMessage(), e);
        }
    }

    /** On the hub's branch {@code refs/convert/parquet} each configuration is a folder. */
    private static List<String> below(Path data, List<String> paths, String configuration) {
        List<String> found = paths.stream()
                .filter(path -> path.startsWith(configuration + "/"))
                .toList();
        if (found.isEmpty()) {
            Set<String> folders = new TreeSet<>();
            paths.stream()
                    .filter(path -> path.indexOf('/') > 0)
                    .forEach(path -> folders.add(path.substring(0, path.indexOf('/'))));
            throw InputException.in(
                    data,
                    "has no configuration " + configuration + ": its README.md names none, and its folders with Parquet"
                            + " files are " + folders + "; leave the configuration out, or name one of them");
        }
        return found;
    }

    private static List<ShardFile> ofConfiguration(
            Path data, List<String> paths, DatasetCard.Configuration configuration) {
        Map<String, Optional<String>> splitOf = new LinkedHashMap<>();
        for (String path : paths) {
            List<DatasetCard.DataFiles> in = configuration.files().stream()
                    .filter(files -> files.contains(path))
                    .toList();
            if (in.size() > 1) {
                throw InputException.in(
                        data,
                        path + " is in several splits of the configuration " + configuration.name()
                                + " in README.md; correct its data_files");
            }
            in.forEach(files -> splitOf.put(path, files.split()));
        }
        for (DatasetCard.DataFiles files : configuration.files()) {
            if (paths.stream().noneMatch(files::contains)) {
                throw InputException.in(
                        data,
                        "README.md names " + String.join(", ", files.patterns())
                                + files.split().map(split -> " for " + split).orElse("")
                                + ", but there is no such Parquet file; download it, or correct README.md");
            }
        }
        boolean told = splitOf.values().stream().anyMatch(Optional::isPresent);
        return told
                ? splitOf.entrySet().stream()
                        .map(entry -> new ShardFile(data.resolve(entry.getKey()), entry.getKey(), entry.getValue()))
                        .toList()
                : ofNames(data, List.copyOf(splitOf.keySet()));
    }

    /** If no name tells a split, there is none. If some do, the others' words are theirs, too. */
    private static List<ShardFile> ofNames(Path data, List<String> paths) {
        boolean told = paths.stream().anyMatch(path -> split(path).isPresent());
        return paths.stream()
                .map(path -> new ShardFile(
                        data.resolve(path),
                        path,
                        told ? split(path).or(() -> Optional.of(word(path))) : Optional.empty()))
                .toList();
    }

    private static Optional<String> split(String path) {
        List<String> parts = Arrays.asList(path.split("/"));
        List<String> folders = parts.subList(0, parts.size() - 1);
        String word = word(path);
        return SplitNames.exactly(word).or(() -> SplitNames.inFolders(folders)).or(() -> SplitNames.in(word));
    }

    /** What the file's own name begins with: {@code train} of {@code train-00000-of-00005.parquet}. */
    private static String word(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1, path.lastIndexOf('.'));
        Matcher numbered = NUMBERED.matcher(name);
        return numbered.matches() ? numbered.group(1) : name;
    }

    /** Says of all series of shards what is missing. */
    private static void refuseIncomplete(Path data, List<ShardFile> files) {
        record Series(String folder, String word, int count) {
            String name(int number) {
                return String.format(Locale.ROOT, "%s%s-%05d-of-%05d.parquet", folder, word, number, count);
            }
        }
        Map<Series, Set<Integer>> found = new LinkedHashMap<>();
        Map<String, Set<Integer>> counts = new LinkedHashMap<>();
        for (ShardFile file : files) {
            int slash = file.path().lastIndexOf('/') + 1;
            Matcher numbered = NUMBERED.matcher(file.stem().substring(slash));
            if (numbered.matches()) {
                String folder = file.path().substring(0, slash);
                int count = Integer.parseInt(numbered.group(3));
                Series series = new Series(folder, numbered.group(1), count);
                if (!found.computeIfAbsent(series, any -> new LinkedHashSet<>())
                        .add(Integer.parseInt(numbered.group(2)))) {
                    throw InputException.in(
                            data,
                            "there are two files " + series.name(Integer.parseInt(numbered.group(2)))
                                    + " that differ only in what is behind; remove the older ones");
                }
                counts.computeIfAbsent(folder + numbered.group(1), any -> new TreeSet<>())
                        .add(count);
            }
        }
        counts.forEach((series, several) -> {
            if (several.size() > 1) {
                throw InputException.in(
                        data,
                        "the files " + series + "-... are of "
                                + several.stream().map(String::valueOf).collect(Collectors.joining(" and of "))
                                + " in all, so they are of different versions; remove the older ones");
            }
        });
        List<String> missing = new ArrayList<>();
        found.forEach((series, numbers) -> {
            for (int i = 0; i < series.count(); i++) {
                if (!numbers.contains(i)) {
                    missing.add(series.name(i));
                }
            }
        });
        if (!missing.isEmpty()) {
            throw InputException.in(
                    data,
                    missing.size()
                            + (missing.size() == 1 ? " Parquet file is missing: " : " Parquet files are missing: ")
                            + String.join(", ", missing.subList(0, Math.min(missing.size(), MOST_NAMED)))
                            + (missing.size() > MOST_NAMED ? "..." : "") + "; download what is missing");
        }
    }
}
