package io.vit4j.dicom.network;

import io.vit4j.base.ByteBudget;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.Capabilities;
import io.vit4j.dicom.CommandSet;
import io.vit4j.dicom.Implementation;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.StoredFile;
import io.vit4j.dicom.Uid;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One association that a peer has opened: agreed on or rejected, then C-ECHO and C-STORE until the peer ends it. */
final class AcceptedAssociation {
    private static final Set<String> PLAIN =
            Set.of(Implementation.IMPLICIT_LITTLE_ENDIAN, Implementation.EXPLICIT_LITTLE_ENDIAN);

    private static final Logger LOG = LoggerFactory.getLogger(AcceptedAssociation.class);

    private final PduStream stream;
    private final StorageServer.Settings settings;
    private final InstanceReceiver receiver;
    private final ByteBudget memory;
    private final Map<Integer, Negotiation.Context> accepted = new HashMap<>();
    private int longestPdu;

    /** @param memory for instances that are arriving, shared with the other associations */
    AcceptedAssociation(
            PduStream stream, StorageServer.Settings settings, InstanceReceiver receiver, ByteBudget memory) {
        this.memory = memory;
        this.stream = stream;
        this.settings = settings;
        this.receiver = receiver;
    }

    /**
     * Runs until its end.
     *
     * @param busy whether there are too many already, and this one is rejected
     */
    void run(boolean busy) throws IOException {
        PduStream.Pdu pdu = stream.read();
        if (pdu.type() != PduStream.ASSOCIATE_RQ) {
            throw new ProtocolException("does not begin with an association request");
        }
        Negotiation request = Negotiation.parse(pdu.body());
        Optional<byte[]> rejection = rejection(pdu.body(), request, busy);
        if (rejection.isPresent()) {
            stream.write(PduStream.ASSOCIATE_RJ, rejection.get());
            return;
        }
        accept(request);
        try (MessageReader reader = new MessageReader(stream, settings.longestInstance(), memory)) {
            for (Optional<MessageReader.Message> message = reader.next();
                    message.isPresent();
                    message = reader.next()) {
                answer(message.get());
            }
        }
    }

    /** Result, source and reason (PS3.8, 9.3.4). */
    private Optional<byte[]> rejection(byte[] body, Negotiation request, boolean busy) {
        if ((body[1] & 1) == 0) {
            return Optional.of(new byte[] {0, 1, 2, 2}); // protocol version not supported
        }
        if (busy) {
            return Optional.of(new byte[] {0, 2, 3, 1}); // rejected transiently: temporary congestion
        }
        if (!request.called().equals(settings.title())) {
            return Optional.of(new byte[] {0, 1, 1, 7}); // called title not recognised
        }
        if (!settings.callers().isEmpty() && !settings.callers().contains(request.calling())) {
            return Optional.of(new byte[] {0, 1, 1, 3}); // calling title not recognised
        }
        return Optional.empty();
    }

    private void accept(Negotiation request) throws IOException {
        List<Negotiation.Context> answers = new ArrayList<>();
        for (Negotiation.Context proposed : request.contexts()) {
            Negotiation.Context answer = answer(proposed, request.providers());
            answers.add(answer);
            if (answer.result() == Negotiation.ACCEPTED) {
                accepted.put(
                        proposed.id(),
                        new Negotiation.Context(
                                proposed.id(),
                                proposed.abstractSyntax(),
                                answer.transferSyntaxes(),
                                Negotiation.ACCEPTED));
            }
        }
        longestPdu = request.longestPdu() == 0 ? PduStream.LONGEST : request.longestPdu();
        stream.write(
                PduStream.ASSOCIATE_AC,
                new Negotiation(request.called(), request.calling(), answers, PduStream.LONGEST, request.providers())
                        .encode(true));
    }

    /** Accepts the first proposed transfer syntax that can be read. */
    private static Negotiation.Context answer(Negotiation.Context proposed, Set<String> providers) {
        boolean hasNoPixels = proposed.abstractSyntax().equals(Dimse.VERIFICATION)
                || providers.contains(proposed.abstractSyntax()); // who reports a storage commitment
        Optional<String> syntax = proposed.transferSyntaxes().stream()
                .filter(uid -> hasNoPixels ? PLAIN.contains(uid) : Capabilities.readsTransferSyntax(uid))
                .findFirst();
        int result = !hasNoPixels && !Capabilities.isImageStorage(proposed.abstractSyntax())
                ? Negotiation.NO_ABSTRACT_SYNTAX
                : syntax.isEmpty() ? Negotiation.NO_TRANSFER_SYNTAX : Negotiation.ACCEPTED;
        return new Negotiation.Context(
                proposed.id(), "", List.of(syntax.orElse(Implementation.IMPLICIT_LITTLE_ENDIAN)), result);
    }

    private void answer(MessageReader.Message message) throws IOException {
        CommandSet command = message.command();
        Negotiation.Context context = accepted.get(message.context());
        if (context == null) {
            throw new ProtocolException("uses a presentation context that was not accepted");
        }
        int field = command.integer("CommandField");
        if ((field & Dimse.RESPONSE) != 0) {
            return; // an answer to nothing
        }
        Attributes answer = field == Dimse.N_EVENT_REPORT_RQ
                ? CommitmentEvents.answer(command, committed(message, context))
                : answer(message, context, field);
        stream.writeData(message.context(), true, CommandSet.encode(answer), longestPdu);
    }

    private Attributes answer(MessageReader.Message message, Negotiation.Context context, int field) {
        CommandSet command = message.command();
        int status = switch (field) {
            case Dimse.C_ECHO_RQ -> Dimse.SUCCESS;
            case Dimse.C_STORE_RQ -> Intake.status(receiver, store(message, context));
            default -> Dimse.UNRECOGNISED;
        };
        Attributes answer = new Attributes()
                .with("AffectedSOPClassUID", command.text("AffectedSOPClassUID"))
                .with("CommandField", field | Dimse.RESPONSE)
                .with("MessageIDBeingRespondedTo", command.integer("MessageID"))
                .with("CommandDataSetType", MessageReader.NO_DATA_SET)
                .with("Status", status);
        return field == Dimse.C_STORE_RQ
                ? answer.with("AffectedSOPInstanceUID", command.text("AffectedSOPInstanceUID"))
                : answer;
    }

    private int committed(MessageReader.Message message, Negotiation.Context context) {
        return context.abstractSyntax().equals(Dimse.COMMITMENT)
                ? CommitmentEvents.take(
                        message.dataSet(), context.transferSyntaxes().get(0), receiver::committed)
                : Dimse.NO_SUCH_CLASS;
    }

    /** Empty if it was taken. */
    private Optional<Refusal> store(MessageReader.Message message, Negotiation.Context context) {
        CommandSet command = message.command();
        String sopClass = command.text("AffectedSOPClassUID");
        String instance = command.text("AffectedSOPInstanceUID");
        if (!sopClass.equals(context.abstractSyntax())) {
            return Optional.of(Refusal.WRONG_CLASS);
        }
        if (!Uid.isValid(instance)) {
            return Optional.of(Refusal.CANNOT_UNDERSTAND);
        }
        if (message.tooLarge()) {
            LOG.warn("{} is longer than is allowed, or than there is memory for", instance);
            return Optional.of(Refusal.TOO_LARGE);
        }
        String syntax = context.transferSyntaxes().get(0);
        byte[] file = new StoredFile(sopClass, instance, syntax, message.dataSet()).file();
        Optional<SourceImage> header = Intake.header(file);
        if (header.isEmpty()) {
            return Optional.of(Refusal.CANNOT_UNDERSTAND);
        }
        return header.get().text("SOPInstanceUID").equals(instance)
                ? Intake.receive(receiver, header.get(), file)
                : Optional.of(Refusal.DOES_NOT_MATCH);
    }
}
