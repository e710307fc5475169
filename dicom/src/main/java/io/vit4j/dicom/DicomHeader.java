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
        columns.put("view_position", matching(CODE, dataSet.word(Tag.VIEW_POSITION)));
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
