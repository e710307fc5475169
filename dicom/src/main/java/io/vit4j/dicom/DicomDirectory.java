package io.vit4j.dicom;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A DICOMDIR (PS3.10, section 8): which files of a medium are images. */
final class DicomDirectory {
    private DicomDirectory() {}

    static List<String> images(DicomFile directory) {
        List<String> images = new ArrayList<>();
        for (DataSet record : directory.dataSet().items(Tag.DIRECTORY_RECORDS)) {
            String path = new String(record.trimmed(Tag.REFERENCED_FILE), StandardCharsets.US_ASCII);
            if (record.word(Tag.RECORD_TYPE).equals("IMAGE") && !path.isBlank()) {
                images.add(path.replaceAll(" *\\\\ *", "/").strip());
            }
        }
        return images;
    }
}
