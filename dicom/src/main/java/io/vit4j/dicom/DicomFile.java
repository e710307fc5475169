package io.vit4j.dicom;

import io.vit4j.image.DamagedImage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A DICOM file (PS3.10): with its preamble and meta header, or without either, as old programs write them.
 *
 * @param meta the meta header; empty if there is none
 * @param syntax how the data set is coded
 * @param dataSet up to the pixels
 */
record DicomFile(DataSet meta, TransferSyntax syntax, DataSet dataSet) {
    private static final int PREAMBLE = 128;
    private static final int PREFIX = PREAMBLE + 4;
    private static final int DEFLATE_RATIO = 1032; // the most that deflate can reach

    /** Whether a file begins as DICOM does, with {@code DICM} behind 128 bytes of anything, or at once with a data set. */
    static boolean recognises(byte[] begin) {
        return hasPrefix(begin) || begin.length >= 8 && beginsWithGroup(begin, 0);
    }

    private static boolean hasPrefix(byte[] begin) {
        return begin.length >= PREFIX && new String(begin, PREAMBLE, 4, StandardCharsets.ISO_8859_1).equals("DICM");
    }

    /** A first element of group 2 or 8 whose length is plausible: no other format begins so. */
    private static boolean beginsWithGroup(byte[] file, int at) {
        TransferSyntax guess = guess(file, at);
        int first = guess.bigEndian() ? 1 : 0;
        int group = file[at + first] & 0xFF | (file[at + 1 - first] & 0xFF) << 8;
        int element = file[at + 2 + first] & 0xFF | (file[at + 3 - first] & 0xFF) << 8;
        if (group == 0x0002 ? element > 0x0102 : group != 0x0008 || element > 0x0070) {
            return false;
        }
        int length = guess.explicit()
                ? file[at + 6 + first] & 0xFF | (file[at + 7 - first] & 0xFF) << 8
                : file[at + 4] & 0xFF | (file[at + 5] & 0xFF) << 8 | (file[at + 6] & 0xFF | file[at + 7] & 0xFF) << 16;
        return length <= 256 && length % 2 == 0;
    }

    /** The encoding of a data set that no meta header names, by its first element. */
    private static TransferSyntax guess(byte[] file, int at) {
        if (file.length - at < 8) {
            throw new DamagedImage("its DICOM data end within an attribute");
        }
        boolean letters = Character.isUpperCase(file[at + 4]) && Character.isUpperCase(file[at + 5]);
        if (!letters) {
            return TransferSyntax.IMPLICIT;
        }
        return file[at] == 0 && file[at + 1] != 0 ? TransferSyntax.BIG_ENDIAN : TransferSyntax.EXPLICIT;
    }

    /** The SOP class that the meta header names; empty if it does not say, or not in these bytes. */
    static String mediaStorageClass(byte[] begin) {
        DataSet meta = new DataSet(begin, 0);
        try {
            DicomParser.metaHeader(begin, hasPrefix(begin) ? PREFIX : 0, meta);
        } catch (DamagedImage | IndexOutOfBoundsException e) {
            // cut off: what came before counts
        }
        return meta.word(Tag.MEDIA_STORAGE_SOP_CLASS);
    }

    /**
     * Reads a file up to its pixels.
     *
     * @param mostInflated how many bytes a deflated data set may have
     */
    static DicomFile read(byte[] file, long mostInflated) {
        try {
            int at = hasPrefix(file) ? PREFIX : 0;
            DataSet meta = new DataSet(file, 0);
            if (file.length - at >= 8 && file[at] == 2 && file[at + 1] == 0) {
                at = DicomParser.metaHeader(file, at, meta);
            }
            String uid = meta.word(Tag.TRANSFER_SYNTAX);
            if (at >= file.length) {
                throw new DamagedImage("it ends behind its meta header");
            }
            TransferSyntax syntax = uid.isEmpty() ? guess(file, at) : TransferSyntax.of(uid);
            if (syntax.deflated()) {
                byte[] inflated = inflate(file, at, mostInflated);
                return new DicomFile(meta, syntax, DicomParser.dataSet(inflated, 0, syntax));
            }
            return new DicomFile(meta, syntax, DicomParser.dataSet(file, at, syntax));
        } catch (IndexOutOfBoundsException e) {
            throw new DamagedImage("its DICOM data end within an attribute", e);
        }
    }

    private static byte[] inflate(byte[] file, int at, long most) {
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(file, at, file.length - at);
            long expected = Math.min(most, DEFLATE_RATIO * (long) (file.length - at));
            ByteArrayOutputStream all = new ByteArrayOutputStream((int) Math.min(expected, 1 << 16));
            byte[] buffer = new byte[1 << 16];
            while (!inflater.finished()) {
                int count = inflater.inflate(buffer);
                if (count == 0) {
                    break; // cut off; whether the pixels are whole is found out later
                }
                all.write(buffer, 0, count);
                if (all.size() > most) {
                    throw new DamagedImage(
                            "its deflated data are larger than its picture may be, which --max-pixels raises");
                }
            }
            return all.toByteArray();
        } catch (DataFormatException e) {
            throw new DamagedImage("its deflated data are damaged", e);
        } finally {
            inflater.end();
        }
    }
}
