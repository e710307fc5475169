package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.PictureNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Picture files that a user has named, one by one or by their folders. */
final class PictureFiles {
    private PictureFiles() {}

    /** The files, and those below the folders by name; InputException where there is none. */
    static List<Path> of(List<Path> inputs) {
        List<Path> files = new ArrayList<>();
        for (Path input : inputs) {
            if (Files.isDirectory(input)) {
                List<Path> found;
                try (Stream<Path> below = Files.walk(input)) {
                    found = below.filter(Files::isRegularFile)
                            .filter(PictureNames::isPicture)
                            .sorted(Comparator.naturalOrder())
                            .toList();
                } catch (IOException | UncheckedIOException e) {
                    throw InputException.in(
                            input, "cannot be listed (" + e.getMessage() + "); check its permissions", e);
                }
                if (found.isEmpty()) {
                    throw InputException.in(
                            input, "contains no pictures (" + String.join(", ", ImageDecoder.formats()) + ")");
                }
                files.addAll(found);
            } else if (Files.isRegularFile(input)) {
                files.add(input);
            } else {
                throw InputException.in(input, "no such file; check the path");
            }
        }
        return files;
    }
}
