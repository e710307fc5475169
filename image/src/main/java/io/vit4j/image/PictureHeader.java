package io.vit4j.image;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a file says of its picture beside the pixels: of whom, when and how it was taken. It holds patients' data; nothing of it
 * is for logs and messages but {@link #remarks}.
 *
 * @param hasPicture whether there is a picture behind the header
 * @param patient who it shows, as the file has it; empty if it does not say
 * @param identifiers by which a label file may name the picture or its examination; may hold none
 * @param columns names and values that a data set may keep, in their order; values may be empty
 * @param remarks how the picture is understood, in words that continue "3 pictures "; without any value of the header
 */
public record PictureHeader(
        boolean hasPicture,
        String patient,
        List<String> identifiers,
        Map<String, String> columns,
        List<String> remarks) {
    /** Copies the lists. */
    public PictureHeader {
        identifiers = List.copyOf(identifiers);
        columns = new LinkedHashMap<>(columns);
        remarks = List.copyOf(remarks);
    }
}
