package io.vit4j.report;

import io.vit4j.data.ArrowDataset;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether a data set is one that anybody may show: the NIH ChestX-ray14 release, whose pictures are published without
 * restriction, or the synthetic X-rays that have its layout.
 */
final class PublicPictures {
    /** Patient and a running number, as the release names its files. */
    private static final Pattern NAME = Pattern.compile("(?:.*/)?(\\d{8})_\\d{3}\\.png");

    private static final String PATIENT = "Patient ID";
    private static final String FOLLOW_UP = "Follow-up #";
    private static final List<String> COLUMNS = List.of(PATIENT, FOLLOW_UP, "View Position");

    private PublicPictures() {}

    /** Every row's file name must spell its patient as the release's does; a hospital's own names do not. */
    static boolean are(ArrowDataset data) {
        if (!data.info().columns().containsAll(COLUMNS) || data.size() == 0) {
            return false;
        }
        for (int row = 0; row < data.size(); row++) {
            Matcher name = NAME.matcher(data.fileName(row));
            if (!name.matches()
                    || !same(name.group(1), data.column(PATIENT, row))
                    || !data.column(FOLLOW_UP, row).matches("\\d{1,4}")) {
                return false;
            }
        }
        return true;
    }

    private static boolean same(String padded, String number) {
        return number.matches("\\d{1,8}") && Integer.parseInt(padded) == Integer.parseInt(number);
    }
}
