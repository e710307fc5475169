package io.vit4j.dicom;

import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.GreyWindow;
import io.vit4j.image.PictureHeader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The few attributes of a header that a data set keeps, each checked to be of the form it should have, and nothing else. */
final class DicomHeader {
    private static final Pattern UID = Pattern.compile("[0-9.]{1,64}");
    private static final Pattern CODE = Pattern.compile("[A-Z0-9_ ]{1,16}");
    private static final Pattern AGE = Pattern.compile("(\\d{1,3})([DWMY])");
    private static final int LONGEST_NAME = 64;

    /** View positions by their codes (CID 4010), in SNOMED CT and in the identifiers that came before. */
    private static final Map<String, String> VIEWS = Map.ofEntries(
            Map.entry("399348003", "AP"),
            Map.entry("R-10206", "AP"),
            Map.entry("272479007", "PA"),
            Map.entry("R-10214", "PA"),
            Map.entry("R-40888", "PA"),
            Map.entry("399198007", "RL"),
            Map.entry("R-10232", "RL"),
            Map.entry("399173006", "LL"),
            Map.entry("R-10236", "LL"),
            Map.entry("399067008", "LATERAL"),
            Map.entry("R-102CD", "LATERAL"));

    private DicomHeader() {}

    static PictureHeader of(DicomFile file) {
        DataSet dataSet = file.dataSet();
        String characters = dataSet.word(Tag.CHARACTER_SET);
        Map<String, String> columns = new LinkedHashMap<>();
        columns.put("study", matching(UID, dataSet.word(Tag.STUDY_INSTANCE)));
        columns.put("series", matching(UID, dataSet.word(Tag.SERIES_INSTANCE)));
        columns.put("instance", matching(UID, dataSet.word(Tag.SOP_INSTANCE)));
        columns.put("sex", matching(Pattern.compile("[MFO]"), dataSet.word(Tag.PATIENT_SEX)));
        columns.put("age", years(dataSet.word(Tag.PATIENT_AGE)));
        columns.put("view_position", view(dataSet));
        String laterality = dataSet.word(Tag.IMAGE_LATERALITY);
        columns.put("laterality", matching(CODE, laterality.isEmpty() ? dataSet.word(Tag.LATERALITY) : laterality));
        columns.put("manufacturer", name(CharacterSets.decode(dataSet.trimmed(Tag.MANUFACTURER), characters)));
        columns.put("pixel_spacing", spacing(dataSet));
        List<String> identifiers = Stream.of(
                        dataSet.word(Tag.SOP_INSTANCE),
                        CharacterSets.decode(dataSet.trimmed(Tag.ACCESSION_NUMBER), characters))
                .filter(identifier -> !identifier.isEmpty())
                .distinct()
                .toList();
        return new PictureHeader(
                dataSet.has(Tag.PIXELS),
                CharacterSets.decode(dataSet.trimmed(Tag.PATIENT_ID), characters),
                identifiers,
                columns,
                remarks(dataSet));
    }

    private static List<String> remarks(DataSet dataSet) {
        List<String> remarks = new ArrayList<>();
        if (!dataSet.has(Tag.PIXELS)) {
            return remarks;
        }
        try {
            PixelDescription pixels = PixelDescription.of(dataSet, DecodeOptions.DEFAULT);
            if (pixels.frames() > 1) {
                remarks.add("have several frames, of which one is taken (--frame)");
            }
            if (pixels.photometric().isGrey()
                    && pixels.stored() > 8
                    && !new GreyRendering(dataSet, pixels, 0, new GreyWindow.OfFile()).hasWindow()) {
                remarks.add("have no window; unless --window says otherwise, their smallest value becomes black and"
                        + " their largest white");
            }
        } catch (DamagedImage e) {
            // what is wrong with it is said when it is decoded
        }
        return remarks;
    }

    /** As the image says, or else by the code of its view, as digital radiographs often have it. */
    private static String view(DataSet dataSet) {
        String said = matching(CODE, dataSet.word(Tag.VIEW_POSITION));
        return said.isEmpty()
                ? VIEWS.getOrDefault(
                        dataSet.item(Tag.VIEW_CODES)
                                .word(DataDictionary.of("CodeValue").tag()),
                        "")
                : said;
    }

    private static String matching(Pattern pattern, String value) {
        return pattern.matcher(value).matches() ? value : "";
    }

    /** Whole years. */
    private static String years(String age) {
        Matcher parts = AGE.matcher(age);
        if (!parts.matches()) {
            return "";
        }
        int number = Integer.parseInt(parts.group(1));
        return String.valueOf(
                switch (parts.group(2)) {
                    case "Y" -> number;
                    case "M" -> number / 12;
                    case "W" -> number / 52;
                    default -> number / 365;
                });
    }

    private static String name(String text) {
        String clean = text.replaceAll("\\p{Cntrl}", " ").strip();
        return clean.length() <= LONGEST_NAME ? clean : clean.substring(0, LONGEST_NAME);
    }

    /** Millimetres between rows and between columns, in the patient if that is known, else on the detector. */
    private static String spacing(DataSet dataSet) {
        for (int tag : new int[] {Tag.PIXEL_SPACING, Tag.IMAGER_PIXEL_SPACING}) {
            double[] spacing = dataSet.decimals(tag);
            if (spacing.length == 2) {
                return spacing[0] + "x" + spacing[1];
            }
        }
        return "";
    }
}
