package io.vit4j.dicom.network;

import io.vit4j.base.ByteBudget;
import io.vit4j.dicom.CommandSet;
import io.vit4j.image.DamagedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Puts DIMSE messages together (PS3.7, 9 and PS3.8, annex E): a command, and a data set if it says so, each in pieces. */
final class MessageReader implements AutoCloseable {
    static final int NO_DATA_SET = 0x0101;
    private static final int LONGEST_COMMAND = 1 << 16;
    private static final long LONGEST_MINUTES = 10; // from a message's first piece to its last

    private final PduStream stream;
    private final long longestDataSet;
    private final ByteBudget memory;
    private final Deque<Piece> pieces = new ArrayDeque<>();
    private long taken;
    private long deadline;

    /**
     * A message.
     *
     * @param context the presentation context's number
     * @param dataSet without bytes if it has none, or if it was too large
     * @param tooLarge whether the data set was longer than allowed, or there was no memory for it; it was read and dropped
     */
    record Message(int context, CommandSet command, byte[] dataSet, boolean tooLarge) {}

    private record Piece(int context, boolean command, boolean last, ByteBuffer bytes) {}

    /** @param memory for data sets, shared with other associations */
    MessageReader(PduStream stream, long longestDataSet, ByteBudget memory) {
        this.stream = stream;
        this.longestDataSet = longestDataSet;
        this.memory = memory;
    }

    /** The next message; empty if the peer wants to end the association, or has ended it. The message before it needs no memory any more. */
    Optional<Message> next() throws IOException {
        close();
        Optional<Piece> first = piece();
        if (first.isEmpty()) {
            return Optional.empty();
        }
        deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(LONGEST_MINUTES);
        int context = first.get().context();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Piece piece = first.get(); add(piece, context, true, bytes); piece = following()) {
            if (bytes.size() > LONGEST_COMMAND) {
                throw new ProtocolException("sends a command of more than " + LONGEST_COMMAND + " bytes");
            }
        }
        CommandSet command;
        try {
            command = CommandSet.parse(bytes.toByteArray());
        } catch (DamagedImage e) {
            throw new ProtocolException("sends a damaged command", e);
        }
        return Optional.of(
                command.integer("CommandDataSetType") == NO_DATA_SET
                        ? new Message(context, command, new byte[0], false)
                        : withDataSet(context, command));
    }

    private Message withDataSet(int context, CommandSet command) throws IOException {
        PieceBuffer bytes = new PieceBuffer();
        boolean fits = true;
        for (Piece piece = following(); ; piece = following()) {
            check(piece, context, false);
            fits = fits && bytes.size() + (long) piece.bytes().remaining() <= longestDataSet && reserve(bytes, piece);
            if (fits) {
                bytes.add(piece.bytes());
            } else {
                bytes = new PieceBuffer();
                close();
            }
            if (piece.last()) {
                return new Message(context, command, bytes.toByteArray(), !fits);
            }
        }
    }

    /** Twice what the buffer needs, since its bytes are copied at the end, and once more into a file. */
    private boolean reserve(PieceBuffer bytes, Piece piece) {
        long more = 2 * bytes.growth(piece.bytes().remaining());
        if (!memory.take(more)) {
            return false;
        }
        taken += more;
        return true;
    }

    /** Gives the last message's memory back. */
    @Override
    public void close() {
        memory.giveBack(taken);
        taken = 0;
    }

    /** Whether more pieces follow. */
    private static boolean add(Piece piece, int context, boolean command, ByteArrayOutputStream to)
            throws ProtocolException {
        check(piece, context, command);
        ByteBuffer bytes = piece.bytes();
        to.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        return !piece.last();
    }

    private static void check(Piece piece, int context, boolean command) throws ProtocolException {
        if (piece.context() != context || piece.command() != command) {
            throw new ProtocolException("mixes up the parts of its messages");
        }
    }

    private Piece following() throws IOException {
        if (System.nanoTime() - deadline > 0) {
            throw new ProtocolException("takes more than " + LONGEST_MINUTES + " minutes for a message");
        }
        return piece().orElseThrow(() -> new ProtocolException("ends within a message"));
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
