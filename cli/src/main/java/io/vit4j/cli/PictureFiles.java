package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.data.FileNames;
import io.vit4j.data.ImageFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Picture files that a user has named, one by one or by their folders. */
final class PictureFiles {
    private PictureFiles() {}

    /** The files, and those below the folders by name; InputException if there is none. */
    static List<Path> of(List<Path> inputs) {
        List<Path> files = new ArrayList<>();
        for (Path input : inputs) {
            if (Files.isDirectory(input)) {
                List<String> names = new ImageFolder(input).names();
                if (names.isEmpty()) {
                    throw InputException.in(input, "contains no pictures; is it the right folder?");
                }
                names.forEach(name -> files.add(input.resolve(name)));
            } else if (Files.isRegularFile(input)) {
                files.add(input);
            } else {
                FileNames.refuseUndecoded(input);
                throw InputException.in(input, "no such file; check the path");
            }
        }
        return files;
    }
}
