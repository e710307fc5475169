package io.vit4j.dicom.network;

import io.vit4j.dicom.CommandSet;
import io.vit4j.image.DamagedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** Puts DIMSE messages together (PS3.7, 9 and PS3.8, annex E): a command, and a data set if it says so, each in pieces. */
final class MessageReader {
    static final int NO_DATA_SET = 0x0101;
    private static final int LONGEST_COMMAND = 1 << 16;

    private final PduStream stream;
    private final long longestDataSet;
    private final Deque<Piece> pieces = new ArrayDeque<>();

    /**
     * A message.
     *
     * @param context the presentation context's number
     * @param dataSet empty if it has none
     */
    record Message(int context, CommandSet command, byte[] dataSet) {}

    private record Piece(int context, boolean command, boolean last, ByteBuffer bytes) {}

    MessageReader(PduStream stream, long longestDataSet) {
        this.stream = stream;
        this.longestDataSet = longestDataSet;
    }

    /** The next message; empty if the peer wants to end the association, or has ended it. */
    Optional<Message> next() throws IOException {
        Optional<Piece> first = piece();
        if (first.isEmpty()) {
            return Optional.empty();
        }
        int context = first.get().context();
        CommandSet command;
        try {
            command = CommandSet.parse(part(first.get(), context, true, LONGEST_COMMAND));
        } catch (DamagedImage e) {
            throw new ProtocolException("sends a damaged command", e);
        }
        if (command.integer("CommandDataSetType") == NO_DATA_SET) {
            return Optional.of(new Message(context, command, new byte[0]));
        }
        Piece begin = piece().orElseThrow(() -> new ProtocolException("ends within a message"));
        return Optional.of(new Message(context, command, part(begin, context, false, longestDataSet)));
    }

    private byte[] part(Piece begin, int context, boolean command, long longest) throws IOException {
        ByteArrayOutputStream part = new ByteArrayOutputStream();
        for (Piece piece = begin; ; ) {
            if (piece.context() != context || piece.command() != command) {
                throw new ProtocolException("mixes up the parts of its messages");
            }
            if (part.size() + (long) piece.bytes().remaining() > longest) {
                throw new ProtocolException("sends an object that is larger than " + longest + " bytes");
            }
            ByteBuffer bytes = piece.bytes();
            part.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
            if (piece.last()) {
                return part.toByteArray();
            }
            piece = piece().orElseThrow(() -> new ProtocolException("ends within a message"));
        }
    }

    /** The next piece; empty at the end of the association. */
    private Optional<Piece> piece() throws IOException {
        while (pieces.isEmpty()) {
            PduStream.Pdu pdu = stream.read();
            if (pdu.type() == PduStream.RELEASE_RQ) {
                stream.write(PduStream.RELEASE_RP, new byte[4]);
                return Optional.empty();
            }
            if (pdu.type() == PduStream.ABORT) {
                return Optional.empty();
            }
            if (pdu.type() != PduStream.DATA) {
                throw new ProtocolException("sends a unit that is out of place");
            }
            split(ByteBuffer.wrap(pdu.body()));
        }
        return Optional.of(pieces.remove());
    }

    private void split(ByteBuffer body) throws ProtocolException {
        while (body.hasRemaining()) {
            int length = body.remaining() < 6 ? -1 : body.getInt();
            if (length < 2 || length > body.remaining()) {
                throw new ProtocolException("sends a damaged unit of data");
            }
            int context = body.get() & 0xFF;
            int header = body.get();
            pieces.add(
                    new Piece(context, (header & 1) != 0, (header & 2) != 0, body.slice(body.position(), length - 2)));
            body.position(body.position() + length - 2);
        }
    }
}
