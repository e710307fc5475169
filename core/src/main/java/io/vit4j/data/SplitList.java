package io.vit4j.data;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** A file that names images, one a line, as leniently as a label file does ({@link ImageNames}). */
final class SplitList {
    private SplitList() {}

    /** The rows that the list names, in their order. Names that the table lacks are reported; if it lacks all of them, the list is refused. */
    static Set<Integer> rows(Path file, LabelTable table, Problems problems) {
        Map<String, Integer> rowOf = new HashMap<>(table.size() * 2);
        for (int i = 0; i < table.size(); i++) {
            rowOf.put(table.rows().get(i).image(), i);
        }
        ImageNames images = new ImageNames(rowOf.keySet());
        Set<String> listed = new HashSet<>();
        Set<Integer> rows = new TreeSet<>();
        TextSource source = TextSource.of(file);
        DelimitedText.read(source, problems, (line, fields) -> {
            String image = fields.get(0);
            if (image.isEmpty() || !listed.add(image)) {
                return;
            }
            Optional<String> found = images.find(image);
            if (found.isEmpty() && !images.isAmbiguous(image)) {
                found = images.find(ImageNames.stem(image))
                        .filter(row -> !ImageNames.isImage(row)); // the table has no endings
            }
            if (found.isPresent()) {
                rows.add(rowOf.get(found.get()));
            } else if (images.isAmbiguous(image)) {
                problems.add(
                        Problems.ProblemKind.AMBIGUOUS_IMAGE,
                        source.name(),
                        line,
                        image,
                        "several images with that name in " + table.source());
            } else {
                problems.add(
                        Problems.ProblemKind.LISTED_ONLY, source.name(), line, image, "no row in " + table.source());
            }
        });
        if (listed.isEmpty()) {
            throw source.fault("an empty list; it should name one image per line");
        }
        if (rows.isEmpty() && problems.count(Problems.ProblemKind.AMBIGUOUS_IMAGE) == 0) {
            throw source.fault("names " + listed.size() + " images, such as " + shown(listed)
                    + ", but none of them is in " + table.source() + ", such as "
                    + table.rows().get(0).image() + "; is it the right list?");
        }
        return rows;
    }

    private static String shown(Set<String> listed) {
        return DelimitedText.shortened(List.copyOf(new TreeSet<>(listed)).get(0));
    }
}
