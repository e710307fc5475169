package io.vit4j.dicom;

import io.vit4j.image.DamagedImage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The command of a DIMSE message (PS3.7, 6.3), which is in implicit little endian whatever follows. */
public final class CommandSet {
    private final DataSet dataSet;

    private CommandSet(DataSet dataSet) {
        this.dataSet = dataSet;
    }

    /** {@return the command's bytes, with the length of its group} */
    public static byte[] encode(Attributes command) {
        byte[] elements = command.implicit();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(
                new Attributes().with("CommandGroupLength", elements.length).implicit());
        out.writeBytes(elements);
        return out.toByteArray();
    }

    /** Reads a command; {@link DamagedImage} if it is none. */
    public static CommandSet parse(byte[] bytes) {
        try {
            return new CommandSet(DicomParser.dataSet(bytes, 0, TransferSyntax.IMPLICIT));
        } catch (IndexOutOfBoundsException e) {
            throw new DamagedImage("its command ends within an attribute", e);
        }
    }

    /** {@return the text of an attribute} Empty if it is absent. */
    public String text(String keyword) {
        return new String(dataSet.trimmed(DataDictionary.of(keyword).tag()), StandardCharsets.US_ASCII).strip();
    }

    /** {@return a number} -1 if it is absent. */
    public int integer(String keyword) {
        return dataSet.integer(DataDictionary.of(keyword).tag(), -1);
    }
}
