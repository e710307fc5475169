package io.vit4j.dicom.network;

import io.vit4j.base.ByteBudget;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.CommandSet;
import io.vit4j.dicom.CommitmentReport;
import io.vit4j.dicom.Implementation;
import io.vit4j.dicom.StoredFile;
import io.vit4j.dicom.Uid;
import io.vit4j.image.DamagedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;

/** An association with a peer, to which instances are sent (C-STORE; PS3.4, annex B). For one thread. */
final class StorageClient implements AutoCloseable {
    private static final int CONNECT_MILLIS = 10_000;
    private static final int ANSWER_MILLIS = 120_000;
    private static final long LONGEST_ANSWER = 1 << 20;

    private final Connection connection;
    private final PduStream stream;
    private final MessageReader reader;
    private final Map<String, Negotiation.Context> contexts = new HashMap<>();
    private int longestPdu;
    private final Consumer<CommitmentReport> reports;
    private final Object writing = new Object();
    private int messages;
    private boolean isBroken;
    private boolean isReleased;

    private StorageClient(Connection connection, Consumer<CommitmentReport> reports) {
        this.connection = connection;
        this.reports = reports;
        stream = connection.stream();
        reader = new MessageReader(stream, LONGEST_ANSWER, new ByteBudget(4 * LONGEST_ANSWER));
    }

    /**
     * Opens an association.
     *
     * @param calling one's own title
     * @param sopClasses of what will be sent
     * @param reports takes what the peer reports on this association of instances that it was asked to commit to
     */
    static StorageClient open(
            DicomPeer peer,
            String calling,
            Collection<String> sopClasses,
            Optional<SSLContext> tls,
            Consumer<CommitmentReport> reports)
            throws IOException {
        Connection connection = Connection.open(peer, tls, CONNECT_MILLIS, ANSWER_MILLIS);
        try {
            StorageClient client = new StorageClient(connection, reports);
            client.negotiate(peer, calling, sopClasses);
            return client;
        } catch (IOException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private void negotiate(DicomPeer peer, String calling, Collection<String> sopClasses) throws IOException {
        Map<Integer, String> proposed = new HashMap<>();
        List<Negotiation.Context> proposals = new ArrayList<>();
        int id = 1;
        for (String sopClass : sopClasses) {
            for (String syntax :
                    List.of(Implementation.EXPLICIT_LITTLE_ENDIAN, Implementation.IMPLICIT_LITTLE_ENDIAN)) {
                proposed.put(id, sopClass);
                proposals.add(new Negotiation.Context(id, sopClass, List.of(syntax), 0));
                id += 2;
            }
        }
        stream.write(
                PduStream.ASSOCIATE_RQ,
                new Negotiation(peer.title(), calling, proposals, PduStream.LONGEST).encode(false));
        PduStream.Pdu answer = stream.read();
        if (answer.type() != PduStream.ASSOCIATE_AC) {
            throw new ProtocolException("rejects the association" + reason(answer));
        }
        Negotiation agreed = Negotiation.parse(answer.body());
        longestPdu = agreed.longestPdu() == 0 ? PduStream.LONGEST : agreed.longestPdu();
        for (Negotiation.Context context : agreed.contexts()) {
            if (context.result() == Negotiation.ACCEPTED
                    && context.transferSyntaxes().size() == 1) {
                contexts.putIfAbsent(proposed.getOrDefault(context.id(), ""), context);
            }
        }
    }

    private static String reason(PduStream.Pdu answer) {
        if (answer.type() != PduStream.ASSOCIATE_RJ || answer.body().length < 4) {
            return "";
        }
        return switch (answer.body()[2] << 8 | answer.body()[3]) {
            case 0x0103 -> " (it does not know the calling title)";
            case 0x0107 -> " (it has another title)";
            case 0x0301, 0x0302 -> " (it has too many associations at the moment)";
            default -> "";
        };
    }

    /** Sends an instance that vit4j wrote; returns the status of the answer. After an IOException the association is of no more use. */
    int store(StoredFile file) throws IOException {
        try {
            isBroken = true;
            int status = storeWhole(file);
            isBroken = false;
            return status;
        } catch (DamagedImage e) {
            throw new ProtocolException("sends a damaged answer", e);
        }
    }

    private int storeWhole(StoredFile file) throws IOException {
        Negotiation.Context context = contexts.get(file.sopClass());
        if (context == null) {
            return Dimse.NO_SUCH_CLASS;
        }
        Attributes command = new Attributes()
                .with("AffectedSOPClassUID", file.sopClass())
                .with("CommandField", Dimse.C_STORE_RQ)
                .with("Priority", 0)
                .with("AffectedSOPInstanceUID", file.sopInstance());
        return ask(context, command, isImplicit(context) ? file.implicit() : file.dataSet());
    }

    private static boolean isImplicit(Negotiation.Context context) {
        return context.transferSyntaxes().get(0).equals(Implementation.IMPLICIT_LITTLE_ENDIAN);
    }

    /** Whether the peer offers storage commitment. */
    boolean offersCommitment() {
        return contexts.containsKey(Dimse.COMMITMENT);
    }

    /**
     * Asks the peer to commit to instances that it has stored; returns the status of the answer. The report comes on this association, even
     * before the answer, or on one of its own.
     */
    int commit(List<StoredFile> files) throws IOException {
        Negotiation.Context context = contexts.get(Dimse.COMMITMENT);
        Attributes command = new Attributes()
                .with("RequestedSOPClassUID", Dimse.COMMITMENT)
                .with("CommandField", Dimse.N_ACTION_RQ)
                .with("RequestedSOPInstanceUID", Dimse.COMMITMENT_INSTANCE)
                .with("ActionTypeID", 1);
        Attributes request = new Attributes()
                .with("TransactionUID", Uid.of(UUID.randomUUID()))
                .with(
                        "ReferencedSOPSequence",
                        files.stream()
                                .map(file -> new Attributes()
                                        .with("ReferencedSOPClassUID", file.sopClass())
                                        .with("ReferencedSOPInstanceUID", file.sopInstance()))
                                .toList());
        isBroken = true;
        int status = ask(context, command, isImplicit(context) ? request.implicit() : request.explicit());
        isBroken = false;
        return status;
    }

    private int ask(Negotiation.Context context, Attributes command, byte[] dataSet) throws IOException {
        int message = ++messages & 0xFFFF;
        command.with("MessageID", message).with("CommandDataSetType", 0);
        synchronized (writing) {
            stream.writeData(context.id(), true, CommandSet.encode(command), longestPdu);
            stream.writeData(context.id(), false, dataSet, longestPdu);
        }
        CommandSet answer = answer();
        if (answer.integer("MessageIDBeingRespondedTo") != message || answer.integer("Status") < 0) {
            throw new ProtocolException("answers something other than what it was asked");
        }
        return answer.integer("Status");
    }

    private CommandSet answer() throws IOException {
        while (true) {
            MessageReader.Message message =
                    reader.next().orElseThrow(() -> new ProtocolException("ends the association without an answer"));
            if ((message.command().integer("CommandField") & Dimse.RESPONSE) != 0) {
                return message.command();
            }
            answer(message);
        }
    }

    /**
     * Waits for what the peer has to say by itself, and answers it.
     *
     * @return false if the association has ended
     */
    boolean listen() throws IOException {
        try {
            Optional<MessageReader.Message> message = reader.next();
            if (message.isPresent()) {
                answer(message.get());
            } else {
                synchronized (writing) {
                    isReleased = true; // by the peer
                }
            }
            return message.isPresent();
        } catch (IOException e) {
            if (isReleased()) {
                return false; // the answer to our own request
            }
            isBroken = true;
            throw e;
        }
    }

    private void answer(MessageReader.Message message) throws IOException {
        CommandSet command = message.command();
        if (command.integer("CommandField") != Dimse.N_EVENT_REPORT_RQ) {
            throw new ProtocolException("asks for something that is not offered");
        }
        Negotiation.Context context = contexts.get(Dimse.COMMITMENT);
        int status = context != null && context.id() == message.context()
                ? CommitmentEvents.take(
                        message.dataSet(), context.transferSyntaxes().get(0), reports)
                : Dimse.NO_SUCH_CLASS;
        synchronized (writing) {
            if (!isReleased) {
                stream.writeData(
                        message.context(),
                        true,
                        CommandSet.encode(CommitmentEvents.answer(command, status)),
                        longestPdu);
            }
        }
    }

    private boolean isReleased() {
        synchronized (writing) {
            return isReleased;
        }
    }

    /** Asks the peer for the end of the association, while another thread listens. */
    void release() throws IOException {
        synchronized (writing) {
            if (!isReleased) {
                isReleased = true;
                stream.write(PduStream.RELEASE_RQ, new byte[4]);
            }
        }
    }

    /** Releases the association, or aborts it if it is broken. */
    @Override
    public void close() throws IOException {
        try (connection) {
            if (isBroken) {
                stream.abort();
            } else if (!isReleased()) {
                release();
                stream.read();
            }
        } catch (IOException e) {
            // it is over in any case
        }
    }
}
