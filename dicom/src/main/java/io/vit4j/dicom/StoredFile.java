package io.vit4j.dicom;

import io.vit4j.image.DamagedImage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * A file's data set as it goes over the network, and back.
 *
 * @param sopClass of the object
 * @param sopInstance of the object
 * @param transferSyntax of the data set
 * @param dataSet without the meta header
 */
public record StoredFile(String sopClass, String sopInstance, String transferSyntax, byte[] dataSet) {
    private static final int PREFIX = 132;
    private static final Set<String> LONG_LENGTH = Set.of("OB", "OW", "SQ", "UC", "UN", "UR", "UT");

    /** Takes a file apart; {@link DamagedImage} if it has no meta header. */
    public static StoredFile of(byte[] file) {
        try {
            DataSet meta = new DataSet(file, 0);
            int at = DicomParser.metaHeader(file, PREFIX, meta);
            byte[] dataSet = new byte[file.length - at];
            System.arraycopy(file, at, dataSet, 0, dataSet.length);
            return new StoredFile(
                    meta.word(Tag.MEDIA_STORAGE_SOP_CLASS),
                    meta.word(DataDictionary.of("MediaStorageSOPInstanceUID").tag()),
                    meta.word(Tag.TRANSFER_SYNTAX),
                    dataSet);
        } catch (IndexOutOfBoundsException | NegativeArraySizeException e) {
            throw new DamagedImage("its meta header is damaged", e);
        }
    }

    /** {@return the file (PS3.10)} */
    public byte[] file() {
        byte[] meta = Attributes.metaHeader(sopClass, sopInstance, transferSyntax);
        byte[] file = new byte[Math.addExact(meta.length, dataSet.length)];
        System.arraycopy(meta, 0, file, 0, meta.length);
        System.arraycopy(dataSet, 0, file, meta.length, dataSet.length);
        return file;
    }

    /**
     * {@return the data set in implicit little endian} For files that {@link Attributes} wrote: in explicit little endian, all lengths
     * defined.
     */
    public byte[] implicit() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        implicit(0, dataSet.length, out);
        return out.toByteArray();
    }

    private void implicit(int from, int end, ByteArrayOutputStream out) {
        for (int at = from; at < end; ) {
            String vr = new String(dataSet, at + 4, 2, StandardCharsets.US_ASCII);
            boolean isLong = LONG_LENGTH.contains(vr);
            int length = isLong ? number(at + 8, 4) : number(at + 6, 2);
            int value = at + (isLong ? 12 : 8);
            out.write(dataSet, at, 4);
            if (vr.equals("SQ")) {
                ByteArrayOutputStream items = new ByteArrayOutputStream();
                for (int item = value; item < value + length; item += 8 + number(item + 4, 4)) {
                    ByteArrayOutputStream content = new ByteArrayOutputStream();
                    implicit(item + 8, item + 8 + number(item + 4, 4), content);
                    items.write(dataSet, item, 4);
                    length(items, content.size());
                    items.writeBytes(content.toByteArray());
                }
                length(out, items.size());
                out.writeBytes(items.toByteArray());
            } else {
                length(out, length);
                out.write(dataSet, value, length);
            }
            at = value + length;
        }
    }

    private int number(int at, int bytes) {
        int number = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            number = number << 8 | dataSet[at + i] & 0xFF;
        }
        return number;
    }

    private static void length(ByteArrayOutputStream out, int length) {
        for (int i = 0; i < 4; i++) {
            out.write(length >>> 8 * i);
        }
    }
}
