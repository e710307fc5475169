package io.vit4j.dicom.network;

import io.vit4j.base.ByteBudget;
import io.vit4j.base.InputException;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.CommandSet;
import io.vit4j.dicom.Implementation;
import io.vit4j.dicom.StoredFile;
import io.vit4j.dicom.TestImages;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Set;

/** What a peer may send to a listening node, for {@code bench/fuzz}. */
public final class PduTarget {
    private static final StorageServer.Settings SETTINGS = StorageServer.Settings.of("VIT4J", 0);

    private PduTarget() {}

    /** Associations as they should be: one with an echo and an image, and one with a report of storage commitment. */
    public static List<byte[]> seeds() {
        return List.of(images(), report());
    }

    private static byte[] report() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PduStream stream = new PduStream(InputStream.nullInputStream(), out, TimeLimit.NONE);
        Negotiation.Context context =
                new Negotiation.Context(1, Dimse.COMMITMENT, List.of(Implementation.EXPLICIT_LITTLE_ENDIAN), 0);
        Attributes kept =
                new Attributes().with("ReferencedSOPClassUID", TestImages.CR).with("ReferencedSOPInstanceUID", "1.2.3");
        Attributes failed = new Attributes()
                .with("ReferencedSOPClassUID", TestImages.CR)
                .with("ReferencedSOPInstanceUID", "1.2.4")
                .with("FailureReason", Dimse.PROCESSING_FAILURE);
        Attributes report = new Attributes()
                .with("TransactionUID", "1.2.5")
                .with("ReferencedSOPSequence", List.of(kept))
                .with("FailedSOPSequence", List.of(failed));
        try {
            stream.write(
                    PduStream.ASSOCIATE_RQ,
                    new Negotiation("VIT4J", "PEER", List.of(context), 1 << 14, Set.of(Dimse.COMMITMENT))
                            .encode(false));
            stream.writeData(
                    1, true, command(Dimse.N_EVENT_REPORT_RQ, Dimse.COMMITMENT, Dimse.COMMITMENT_INSTANCE, 0), 1 << 14);
            stream.writeData(1, false, report.explicit(), 1 << 14);
            stream.write(PduStream.RELEASE_RQ, new byte[4]);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private static byte[] images() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PduStream stream = new PduStream(InputStream.nullInputStream(), out, TimeLimit.NONE);
        StoredFile image = StoredFile.of(TestImages.chest(1).file());
        try {
            stream.write(
                    PduStream.ASSOCIATE_RQ,
                    new Negotiation(
                                    "VIT4J",
                                    "PEER",
                                    List.of(
                                            new Negotiation.Context(
                                                    1,
                                                    Dimse.VERIFICATION,
                                                    List.of(Implementation.IMPLICIT_LITTLE_ENDIAN),
                                                    0),
                                            new Negotiation.Context(
                                                    3,
                                                    image.sopClass(),
                                                    List.of(Implementation.EXPLICIT_LITTLE_ENDIAN),
                                                    0)),
                                    1 << 14)
                            .encode(false));
            stream.writeData(1, true, command(Dimse.C_ECHO_RQ, Dimse.VERIFICATION, "", 0x0101), 1 << 14);
            stream.writeData(3, true, command(Dimse.C_STORE_RQ, image.sopClass(), image.sopInstance(), 0), 1 << 14);
            stream.writeData(3, false, image.dataSet(), 128);
            stream.write(PduStream.RELEASE_RQ, new byte[4]);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private static byte[] command(int field, String sopClass, String instance, int dataSet) {
        return CommandSet.encode(new Attributes()
                .with("AffectedSOPClassUID", sopClass)
                .with("CommandField", field)
                .with("MessageID", 1)
                .with("CommandDataSetType", dataSet)
                .with("AffectedSOPInstanceUID", instance));
    }

    /** Reads it as a node does; InputException if the association would be broken off. */
    public static void read(byte[] input) {
        PduStream stream =
                new PduStream(new ByteArrayInputStream(input), OutputStream.nullOutputStream(), TimeLimit.NONE);
        try {
            new AcceptedAssociation(stream, SETTINGS, (header, file) -> {}, new ByteBudget(1 << 24)).run(false);
        } catch (IOException e) {
            throw new InputException(String.valueOf(e.getMessage()), e);
        }
    }
}
