package io.vit4j.dicom;

import io.vit4j.base.InputException;
import io.vit4j.image.DamagedImage;
import java.util.List;
import java.util.Optional;

/** The header of an image that a result is about: what the result copies, and what it refers to. */
public final class SourceImage {
    private static final long HEADERS = 64L << 20;

    private final DataSet dataSet;
    private final String characters;

    private SourceImage(DataSet dataSet) {
        this.dataSet = dataSet;
        characters = dataSet.word(Tag.CHARACTER_SET);
    }

    /**
     * Reads a file's header.
     *
     * @param name of the file, for messages
     * @throws InputException if it is no DICOM image, or lacks what ties a result to it: study, series and instance UID, and SOP class
     */
    public static SourceImage of(byte[] file, String name) {
        if (!DicomFile.recognises(file)) {
            throw new InputException(name + ": is not DICOM, so it has no study that a result could be added to");
        }
        try {
            SourceImage image = new SourceImage(DicomFile.read(file, HEADERS).dataSet());
            for (String keyword : List.of("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")) {
                if (!Uid.isValid(image.text(keyword))) {
                    throw new InputException(name + ": has no " + keyword + ", which a result must refer to");
                }
            }
            return image;
        } catch (DamagedImage | IndexOutOfBoundsException e) {
            throw new InputException(name + ": its DICOM header cannot be read: " + e.getMessage(), e);
        }
    }

    /** {@return the text of an attribute, all of its values} Empty if it is absent. */
    public String text(String keyword) {
        return CharacterSets.decode(dataSet.trimmed(DataDictionary.of(keyword).tag()), characters);
    }

    /** {@return a whole number} 0 if it is absent. */
    public int integer(String keyword) {
        return dataSet.integer(DataDictionary.of(keyword).tag(), 0);
    }

    /** {@return whether it has an attribute, be it without a value} */
    public boolean has(String keyword) {
        return dataSet.has(DataDictionary.of(keyword).tag());
    }

    /** {@return the first code of a sequence of codes} */
    public Optional<CodedValue> code(String keyword) {
        DataSet item = dataSet.item(DataDictionary.of(keyword).tag());
        String value = item.word(DataDictionary.of("CodeValue").tag());
        String scheme = item.word(DataDictionary.of("CodingSchemeDesignator").tag());
        String meaning = CharacterSets.decode(
                item.trimmed(DataDictionary.of("CodeMeaning").tag()), characters);
        return value.isEmpty() || scheme.isEmpty() || meaning.isEmpty()
                ? Optional.empty()
                : Optional.of(new CodedValue(scheme, value, meaning));
    }

    /** Copies an attribute into a result; without a value if the image has none. */
    public void copy(String keyword, Attributes into) {
        into.with(keyword, text(keyword));
    }

    /** Copies an attribute into a result, if the image has it. */
    public void copyIfPresent(String keyword, Attributes into) {
        if (!text(keyword).isEmpty()) {
            copy(keyword, into);
        }
    }
}
