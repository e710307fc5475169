package io.vit4j.dicom.network;

import io.vit4j.dicom.Implementation;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What two programs agree on before they talk (PS3.8, 9.3.2 and 9.3.3): A-ASSOCIATE-RQ and, in the same form, A-ASSOCIATE-AC.
 *
 * @param called application entity title
 * @param calling application entity title
 * @param contexts proposed, or the answers to them
 * @param longestPdu that the sender receives; 0 for any
 * @param providers abstract syntaxes of which the one who asks is the provider (SCP), and not the user (PS3.7, D.3.3.4)
 */
record Negotiation(String called, String calling, List<Context> contexts, int longestPdu, Set<String> providers) {
    static final int ACCEPTED = 0;
    static final int NO_ABSTRACT_SYNTAX = 3;
    static final int NO_TRANSFER_SYNTAX = 4;

    private static final String APPLICATION = "1.2.840.10008.3.1.1.1";
    private static final int TITLE = 16;
    private static final int FIXED = 68;
    private static final int MOST_CONTEXTS = 128;
    private static final int MOST_SYNTAXES = 128;

    /**
     * A presentation context.
     *
     * @param id odd, from 1 to 255
     * @param abstractSyntax what it is for; empty in an answer
     * @param transferSyntaxes proposed, or the accepted one
     * @param result of an answer: {@link #ACCEPTED} or why not
     */
    record Context(int id, String abstractSyntax, List<String> transferSyntaxes, int result) {}

    Negotiation(String called, String calling, List<Context> contexts, int longestPdu) {
        this(called, calling, contexts, longestPdu, Set.of());
    }

    byte[] encode(boolean answer) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 1, 0, 0});
        out.writeBytes(title(called));
        out.writeBytes(title(calling));
        out.writeBytes(new byte[32]);
        item(out, 0x10, ascii(APPLICATION));
        for (Context context : contexts) {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            content.writeBytes(new byte[] {(byte) context.id(), 0, (byte) context.result(), 0});
            if (!answer) {
                item(content, 0x30, ascii(context.abstractSyntax()));
            }
            context.transferSyntaxes().forEach(syntax -> item(content, 0x40, ascii(syntax)));
            item(out, answer ? 0x21 : 0x20, content.toByteArray());
        }
        ByteArrayOutputStream user = new ByteArrayOutputStream();
        item(user, 0x51, ByteBuffer.allocate(4).putInt(longestPdu).array());
        item(user, 0x52, ascii(Implementation.CLASS_UID));
        for (String provider : providers) {
            byte[] uid = ascii(provider);
            item(
                    user,
                    0x54,
                    ByteBuffer.allocate(uid.length + 4)
                            .putShort((short) uid.length)
                            .put(uid)
                            .put(new byte[] {0, 1})
                            .array());
        }
        item(user, 0x55, ascii(Implementation.VERSION_NAME));
        item(out, 0x50, user.toByteArray());
        return out.toByteArray();
    }

    private static void item(ByteArrayOutputStream out, int type, byte[] content) {
        out.write(type);
        out.write(0);
        out.write(content.length >> 8);
        out.write(content.length);
        out.writeBytes(content);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] title(String title) {
        return ascii(String.format(Locale.ROOT, "%-" + TITLE + "s", title).substring(0, TITLE));
    }

    /** Reads either; ProtocolException if it is damaged. */
    static Negotiation parse(byte[] body) throws ProtocolException {
        if (body.length < FIXED) {
            throw damaged();
        }
        Reader reader = new Reader(ByteBuffer.wrap(body, FIXED, body.length - FIXED));
        reader.items();
        return new Negotiation(
                text(body, 4, TITLE), text(body, 20, TITLE), reader.contexts, reader.longestPdu, reader.providers);
    }

    private static String text(byte[] bytes, int from, int length) {
        return new String(bytes, from, length, StandardCharsets.US_ASCII)
                .replace('\0', ' ')
                .strip();
    }

    private static ProtocolException damaged() {
        return new ProtocolException("sends a damaged association request");
    }

    /** Goes through the variable items. */
    private static final class Reader {
        final List<Context> contexts = new ArrayList<>();
        final Set<String> providers = new HashSet<>();
        int longestPdu;
        private final ByteBuffer in;

        Reader(ByteBuffer in) {
            this.in = in;
        }

        void items() throws ProtocolException {
            while (in.hasRemaining()) {
                int type = type(in);
                ByteBuffer content = content(in);
                if (type == 0x20 || type == 0x21) {
                    context(content);
                } else if (type == 0x50) {
                    user(content);
                }
            }
        }

        private void context(ByteBuffer content) throws ProtocolException {
            if (content.remaining() < 4 || contexts.size() == MOST_CONTEXTS) {
                throw damaged();
            }
            int id = content.get() & 0xFF;
            content.get();
            int result = content.get();
            content.get();
            String abstractSyntax = "";
            List<String> syntaxes = new ArrayList<>();
            while (content.hasRemaining()) {
                int type = type(content);
                ByteBuffer value = content(content);
                byte[] bytes = new byte[value.remaining()];
                value.get(bytes);
                if (type == 0x30) {
                    abstractSyntax = text(bytes, 0, bytes.length);
                } else if (type == 0x40 && syntaxes.size() < MOST_SYNTAXES) {
                    syntaxes.add(text(bytes, 0, bytes.length));
                }
            }
            contexts.add(new Context(id, abstractSyntax, List.copyOf(syntaxes), result));
        }

        private void user(ByteBuffer content) throws ProtocolException {
            while (content.hasRemaining()) {
                int type = type(content);
                ByteBuffer value = content(content);
                if (type == 0x51 && value.remaining() == 4) {
                    longestPdu = Math.max(0, value.getInt());
                } else if (type == 0x54) {
                    role(value);
                }
            }
        }

        /** Only one role is agreed to: that of the provider of storage commitment, who reports. */
        private void role(ByteBuffer value) throws ProtocolException {
            int length = value.remaining() < 4 ? -1 : value.getShort();
            if (length < 0 || length != value.remaining() - 2) {
                throw damaged();
            }
            byte[] uid = new byte[length];
            value.get(uid);
            value.get(); // whether it is a user, which it need not be, too
            if (value.get() == 1 && text(uid, 0, length).equals(Dimse.COMMITMENT)) {
                providers.add(Dimse.COMMITMENT);
            }
        }

        private static int type(ByteBuffer from) throws ProtocolException {
            if (from.remaining() < 4) {
                throw damaged();
            }
            int type = from.get() & 0xFF;
            from.get();
            return type;
        }

        private static ByteBuffer content(ByteBuffer from) throws ProtocolException {
            int length = from.getShort() & 0xFFFF;
            if (length > from.remaining()) {
                throw damaged();
            }
            ByteBuffer content = from.slice(from.position(), length);
            from.position(from.position() + length);
            return content;
        }
    }
}
