package io.vit4j.dicom;

import io.vit4j.image.DamagedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Reads the attributes of a data set (PS3.5, section 7), in any of the three encodings. Values stay where they are; sequences
 * of defined length are passed and read when asked for. No message holds a value.
 */
final class DicomParser {
    private static final int DEEPEST = 32;
    private static final int UNDEFINED = -1;
    private static final Set<String> LONG_LENGTH =
            Set.of("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV");

    private final byte[] bytes;
    private final int end;
    private final TransferSyntax encoding;
    private final int depth;
    private int at;

    private DicomParser(byte[] bytes, int at, int end, TransferSyntax encoding, int depth) {
        if (depth > DEEPEST) {
            throw new DamagedImage("its sequences are nested more than " + DEEPEST + " deep");
        }
        this.bytes = bytes;
        this.at = at;
        this.end = end;
        this.encoding = encoding;
        this.depth = depth;
    }

    /** Reads a data set up to its pixels. */
    static DataSet dataSet(byte[] bytes, int at, TransferSyntax encoding) {
        DataSet dataSet = new DataSet(bytes, 0);
        new DicomParser(bytes, at, bytes.length, encoding, 0).read(dataSet, -1);
        return dataSet;
    }

    /** Reads the elements of group 2, which are explicit whatever follows; returns where they end. */
    static int metaHeader(byte[] bytes, int at, DataSet meta) {
        DicomParser parser = new DicomParser(bytes, at, bytes.length, TransferSyntax.EXPLICIT, 0);
        parser.read(meta, 0x0002);
        return parser.at;
    }

    /** The items of a sequence of defined length. */
    static List<DataSet> items(byte[] bytes, Element sequence, int depth) {
        int end = sequence.at() + sequence.length();
        TransferSyntax inside = inside(sequence.vr(), sequence.encoding());
        return new DicomParser(bytes, sequence.at(), end, inside, depth).items(false);
    }

    /** An unknown value is implicit, if it is a sequence at all (PS3.5, 6.2.2). */
    private static TransferSyntax inside(String vr, TransferSyntax encoding) {
        return vr.equals("UN") ? TransferSyntax.IMPLICIT : encoding;
    }

    /** Reads on to the end of the item or data set; of only one group if that is not negative. */
    private void read(DataSet into, int onlyGroup) {
        while (at < end) {
            if (end - at < 8) {
                if (depth == 0 && onlyZeros()) {
                    return; // padding
                }
                throw ended();
            }
            int tag = tag();
            if (onlyGroup >= 0 && tag >>> 16 != onlyGroup) {
                return;
            }
            at += 4;
            if (tag == Tag.END_OF_ITEM) {
                at += 4;
                if (depth > 0) {
                    return;
                }
                continue;
            }
            if (tag == Tag.END_OF_SEQUENCE || tag == Tag.ITEM) {
                at += 4; // one too many
                continue;
            }
            Element element = element(tag);
            into.add(tag, element);
            if (tag == Tag.PIXELS && depth == 0) {
                return;
            }
        }
    }

    private boolean onlyZeros() {
        for (int i = at; i < end; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private Element element(int tag) {
        String vr = "";
        int length;
        boolean letters = isLetter(bytes[at]) && isLetter(bytes[at + 1]);
        if (encoding.explicit() && letters) {
            vr = "" + (char) bytes[at] + (char) bytes[at + 1];
            if (LONG_LENGTH.contains(vr)) {
                need(8);
                length = int32(at + 4);
                at += 8;
            } else {
                length = uint16(at + 2);
                at += 4;
            }
        } else {
            length = int32(at); // implicit, also amid explicit ones, as some programs write them
            at += 4;
        }
        if (length == UNDEFINED) {
            return undefined(tag, vr);
        }
        if (length < 0 || length > end - at) {
            if (tag == Tag.PIXELS && depth == 0 && length > 0) {
                Element rest = new Element(vr, at, end - at, encoding, List.of(), List.of());
                at = end;
                return rest; // how much of it a frame needs is found out later
            }
            throw ended();
        }
        Element element = new Element(vr, at, length, encoding, List.of(), List.of());
        at += length;
        return element;
    }

    private Element undefined(int tag, String vr) {
        int begin = at;
        if (tag == Tag.PIXELS || vr.equals("OB") || vr.equals("OW")) {
            List<Element.Fragment> fragments = fragments();
            return new Element(vr, begin, at - begin, encoding, List.of(), fragments);
        }
        DicomParser inner = new DicomParser(bytes, at, end, inside(vr, encoding), depth);
        List<DataSet> items = inner.items(true);
        at = inner.at;
        return new Element(vr, begin, 0, encoding, items, List.of());
    }

    private List<DataSet> items(boolean delimited) {
        List<DataSet> items = new ArrayList<>();
        while (at < end) {
            need(8);
            int tag = tag();
            int length = int32(at + 4);
            if (tag == Tag.END_OF_SEQUENCE) {
                at += 8;
                return items;
            }
            if (tag != Tag.ITEM) {
                if (delimited) {
                    throw new DamagedImage("a sequence in it has something else than items");
                }
                return items; // no sequence, then
            }
            at += 8;
            DataSet item = new DataSet(bytes, depth + 1);
            if (length == UNDEFINED) {
                DicomParser inner = new DicomParser(bytes, at, end, encoding, depth + 1);
                inner.read(item, -1);
                at = inner.at;
            } else {
                need(length);
                new DicomParser(bytes, at, at + length, encoding, depth + 1).read(item, -1);
                at += length;
            }
            items.add(item);
        }
        if (delimited) {
            throw ended();
        }
        return items;
    }

    /** The pieces of encapsulated pixels, of which the first is the table of offsets. */
    private List<Element.Fragment> fragments() {
        List<Element.Fragment> fragments = new ArrayList<>();
        while (end - at >= 8) {
            int tag = tag();
            int length = int32(at + 4);
            at += 8;
            if (tag == Tag.END_OF_SEQUENCE) {
                return fragments;
            }
            if (tag != Tag.ITEM || length < 0) {
                throw new DamagedImage("its encapsulated pixels have something else than items");
            }
            int there = Math.min(length, end - at);
            fragments.add(new Element.Fragment(at, there));
            at += there;
        }
        if (fragments.isEmpty()) {
            throw ended();
        }
        return fragments; // cut off; the codings see whether their data are whole
    }

    private static boolean isLetter(byte value) {
        return value >= 'A' && value <= 'Z';
    }

    private void need(int length) {
        if (length < 0 || length > end - at) {
            throw ended();
        }
    }

    private DamagedImage ended() {
        return new DamagedImage("its DICOM data end within an attribute");
    }

    private int tag() {
        return uint16(at) << 16 | uint16(at + 2);
    }

    private int uint16(int where) {
        int first = bytes[where] & 0xFF;
        int second = bytes[where + 1] & 0xFF;
        return encoding.bigEndian() ? first << 8 | second : second << 8 | first;
    }

    private int int32(int where) {
        int first = uint16(where);
        int second = uint16(where + 2);
        return encoding.bigEndian() ? first << 16 | second : second << 16 | first;
    }
}
