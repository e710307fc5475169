package io.vit4j.serve;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.infer.Ensemble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where a model's versions are: in folders named by numbers ({@code chest/1}, {@code chest/2}), of which the highest is served; or a
 * checkpoint's folder itself, whose content may be replaced.
 *
 * @param root the folder that was named
 */
record ModelFolder(Path root) {
    private static final Pattern NUMBER = Pattern.compile("[1-9]\\d{0,17}");

    /** Files that decide what a model answers. */
    private static final Pattern DECIDES = Pattern.compile(
            "(config|preprocessor_config|decision|adapter_config|ensemble)\\.json|.*\\.(safetensors|bin)(\\.index\\.json)?");

    /**
     * A version as it lies in its folder now.
     *
     * @param number its folder's name; empty if there are no numbered folders
     * @param state differs once any of its files was changed
     */
    record Found(Path folder, Optional<String> number, String state) {}

    /** The version that should be served; InputException if there is none. */
    Found newest() {
        if (!Files.isDirectory(root)) {
            throw InputException.in(root, "no such folder; give the folder of a tuned model");
        }
        if (isCheckpoint(root)) {
            return new Found(root, Optional.empty(), state(root));
        }
        Path newest = versions().stream()
                .max(Comparator.comparingLong(ModelFolder::number))
                .orElseThrow(
                        () -> InputException.in(
                                root,
                                "contains neither a model (config.json) nor folders 1, 2, ... with one; is it the right folder?"));
        return new Found(newest, Optional.of(newest.getFileName().toString()), state(newest));
    }

    private static long number(Path version) {
        return Long.parseLong(version.getFileName().toString());
    }

    private static boolean isCheckpoint(Path folder) {
        return Files.exists(folder.resolve(CheckpointFiles.CONFIG))
                || Files.exists(folder.resolve("adapter_config.json"))
                || Files.exists(folder.resolve(Ensemble.FILE));
    }

    private List<Path> versions() {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.filter(entry ->
                            NUMBER.matcher(entry.getFileName().toString()).matches())
                    .filter(ModelFolder::isCheckpoint)
                    .toList();
        } catch (IOException e) {
            throw unreadable(root, e);
        }
    }

    private static String state(Path folder) {
        TreeSet<String> files = new TreeSet<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.toList()) {
                String name = entry.getFileName().toString();
                if (DECIDES.matcher(name).matches()) {
                    BasicFileAttributes file = Files.readAttributes(entry, BasicFileAttributes.class);
                    files.add(name + " " + file.size() + " "
                            + file.lastModifiedTime().toMillis() + " " + file.fileKey());
                }
            }
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
        return folder.getFileName() + " " + files;
    }

    private static InputException unreadable(Path folder, IOException e) {
        return InputException.in(folder, "cannot be read (" + IoReason.of(e) + "); check the folder", e);
    }
}
