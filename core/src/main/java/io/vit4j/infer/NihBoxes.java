package io.vit4j.infer;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code BBox_List_2017.csv} of NIH ChestX-ray14: where radiologists saw a finding, in pixels of the 1024x1024 pictures. A
 * row is {@code image,label,x,y,width,height}; what the file calls Infiltrate is the label Infiltration.
 *
 * @param ofImage the boxes of each picture, by file name
 */
public record NihBoxes(Map<String, List<Box>> ofImage) {
    /** One finding. */
    public record Box(String label, double x, double y, double width, double height) {
        boolean contains(double row, double column) {
            return column >= x && column < x + width && row >= y && row < y + height;
        }
    }

    /** Reads the file. */
    public static NihBoxes read(Path file) {
        Map<String, List<Box>> boxes = new HashMap<>();
        try (CsvReader<CsvRecord> csv = CsvReader.builder().ofCsvRecord(OpenFiles.stream(file))) {
            for (CsvRecord row : csv) {
                if (row.getStartingLineNumber() == 1) {
                    requireHeader(file, row);
                } else if (row.getFieldCount() >= 6) {
                    String label = row.getField(1).strip();
                    boxes.computeIfAbsent(row.getField(0).strip(), image -> new ArrayList<>())
                            .add(new Box(
                                    label.equals("Infiltrate") ? "Infiltration" : label,
                                    number(file, row, 2),
                                    number(file, row, 3),
                                    number(file, row, 4),
                                    number(file, row, 5)));
                } else {
                    throw InputException.in(
                            file,
                            "line " + row.getStartingLineNumber() + " has " + row.getFieldCount()
                                    + " values instead of image, label, x, y, width, height; is the file complete?");
                }
            }
        } catch (CsvParseException | IOException | UncheckedIOException e) {
            throw InputException.in(file, "cannot be read (" + e.getMessage() + "); check the path", e);
        }
        return new NihBoxes(boxes);
    }

    private static void requireHeader(Path file, CsvRecord row) {
        if (row.getFieldCount() < 3
                || !row.getField(2).strip().toLowerCase(java.util.Locale.ROOT).startsWith("bbox")) {
            throw InputException.in(
                    file, "is not NIH's list of boxes (its third column is not Bbox); give BBox_List_2017.csv");
        }
    }

    private static double number(Path file, CsvRecord row, int field) {
        try {
            double value = Double.parseDouble(row.getField(field).strip());
            if (Double.isFinite(value) && value >= 0 && value < 1e6) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw InputException.in(
                file,
                "line " + row.getStartingLineNumber() + ": '" + row.getField(field)
                        + "' is not a coordinate; correct it");
    }

    /** A picture's boxes of a label; none if the file has none. */
    public List<Box> of(String image, String label) {
        return ofImage.getOrDefault(image, List.of()).stream()
                .filter(box -> box.label().equalsIgnoreCase(label))
                .toList();
    }
}
