package io.vit4j.dicom.network;

import io.vit4j.base.ByteBudget;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.CommandSet;
import io.vit4j.dicom.Implementation;
import io.vit4j.dicom.Uid;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** A destination that stores all, and reports what it keeps (PS3.4, J.3.3) in one of the ways in which peers do. */
final class CommittingPeer implements AutoCloseable {
    /** When and where it reports. */
    enum Way {
        BEFORE_THE_ANSWER,
        ON_THE_SAME_ASSOCIATION,
        ON_THE_SAME_ASSOCIATION_AFTER_A_WHILE,
        ON_AN_ASSOCIATION_OF_ITS_OWN
    }

    /** What went on, in order. */
    final List<String> events = Collections.synchronizedList(new ArrayList<>());

    final AtomicInteger stored = new AtomicInteger();
    private final ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final Way way;
    private final int nodePort;

    /** @param nodePort where the node listens, for reports on an association of its own */
    CommittingPeer(Way way, int nodePort) throws IOException {
        this.way = way;
        this.nodePort = nodePort;
        Thread thread = new Thread(this::accept, "committing-peer");
        thread.setDaemon(true);
        thread.start();
    }

    DicomPeer address() {
        return new DicomPeer("ARCHIVE", "localhost", server.getLocalPort());
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread thread = new Thread(() -> serve(socket), "committing-peer-association");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            new Association(new PduStream(socket.getInputStream(), socket.getOutputStream(), TimeLimit.NONE)).run();
        } catch (IOException | InterruptedException e) {
            events.add("fault: " + e);
        }
    }

    private static Attributes answer(CommandSet command, int status) {
        return new Attributes()
                .with("CommandField", command.integer("CommandField") | Dimse.RESPONSE)
                .with("MessageIDBeingRespondedTo", command.integer("MessageID"))
                .with("CommandDataSetType", MessageReader.NO_DATA_SET)
                .with("Status", status);
    }

    private final class Association {
        private final PduStream stream;
        private final MessageReader reader;
        private final Map<Integer, String> contexts = new HashMap<>();
        private final List<String> instances = new ArrayList<>();

        Association(PduStream stream) {
            this.stream = stream;
            reader = new MessageReader(stream, 1 << 24, new ByteBudget(1 << 26));
        }

        void run() throws IOException, InterruptedException {
            Negotiation request = Negotiation.parse(stream.read().body());
            List<Negotiation.Context> answers = new ArrayList<>();
            for (Negotiation.Context context : request.contexts()) {
                boolean isExplicit = context.transferSyntaxes().contains(Implementation.EXPLICIT_LITTLE_ENDIAN);
                answers.add(new Negotiation.Context(
                        context.id(),
                        "",
                        List.of(Implementation.EXPLICIT_LITTLE_ENDIAN),
                        isExplicit ? Negotiation.ACCEPTED : Negotiation.NO_TRANSFER_SYNTAX));
                contexts.put(context.id(), context.abstractSyntax());
            }
            stream.write(
                    PduStream.ASSOCIATE_AC,
                    new Negotiation(request.called(), request.calling(), answers, 1 << 14).encode(true));
            for (var message = reader.next(); message.isPresent(); message = reader.next()) {
                take(message.get());
            }
            events.add("released");
        }

        private void take(MessageReader.Message message) throws IOException, InterruptedException {
            CommandSet command = message.command();
            switch (command.integer("CommandField")) {
                case Dimse.C_STORE_RQ -> {
                    instances.add(command.text("AffectedSOPInstanceUID"));
                    stored.incrementAndGet();
                    write(message.context(), answer(command, Dimse.SUCCESS));
                }
                case Dimse.N_ACTION_RQ -> {
                    int context = message.context();
                    if (way == Way.BEFORE_THE_ANSWER) {
                        report(stream, context);
                    }
                    write(context, answer(command, Dimse.SUCCESS));
                    switch (way) {
                        case ON_THE_SAME_ASSOCIATION -> report(stream, context);
                        case ON_THE_SAME_ASSOCIATION_AFTER_A_WHILE -> {
                            Thread.sleep(500);
                            report(stream, context);
                        }
                        case ON_AN_ASSOCIATION_OF_ITS_OWN -> reportByItself();
                        default -> {
                            // it is reported
                        }
                    }
                }
                default -> events.add("answered with " + command.integer("Status") + " on the same association");
            }
        }

        private void write(int context, Attributes command) throws IOException {
            stream.writeData(context, true, CommandSet.encode(command), 1 << 14);
        }

        private void report(PduStream to, int context) throws IOException {
            events.add("reported");
            Attributes command = new Attributes()
                    .with("AffectedSOPClassUID", Dimse.COMMITMENT)
                    .with("CommandField", Dimse.N_EVENT_REPORT_RQ)
                    .with("MessageID", 7)
                    .with("CommandDataSetType", 0)
                    .with("AffectedSOPInstanceUID", Dimse.COMMITMENT_INSTANCE)
                    .with("EventTypeID", 1);
            Attributes report = new Attributes()
                    .with("TransactionUID", Uid.of(UUID.randomUUID()))
                    .with(
                            "ReferencedSOPSequence",
                            instances.stream()
                                    .map(uid -> new Attributes()
                                            .with("ReferencedSOPClassUID", "1.2.840.10008.5.1.4.1.1.88.34")
                                            .with("ReferencedSOPInstanceUID", uid))
                                    .toList());
            to.writeData(context, true, CommandSet.encode(command), 1 << 14);
            to.writeData(context, false, report.explicit(), 1 << 14);
        }

        private void reportByItself() throws IOException {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), nodePort)) {
                PduStream own = new PduStream(socket.getInputStream(), socket.getOutputStream(), TimeLimit.NONE);
                own.write(
                        PduStream.ASSOCIATE_RQ,
                        new Negotiation(
                                        "VIT4J",
                                        "ARCHIVE",
                                        List.of(new Negotiation.Context(
                                                1,
                                                Dimse.COMMITMENT,
                                                List.of(Implementation.EXPLICIT_LITTLE_ENDIAN),
                                                0)),
                                        1 << 14,
                                        Set.of(Dimse.COMMITMENT))
                                .encode(false));
                own.read();
                report(own, 1);
                MessageReader answers = new MessageReader(own, 1 << 16, new ByteBudget(1 << 20));
                CommandSet answer = answers.next().orElseThrow().command();
                events.add("answered with " + answer.integer("Status") + " on its own association");
                own.write(PduStream.RELEASE_RQ, new byte[4]);
                own.read();
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
