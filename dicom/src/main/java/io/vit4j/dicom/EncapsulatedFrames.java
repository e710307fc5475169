package io.vit4j.dicom;

import io.vit4j.image.DamagedImage;
import java.util.Arrays;
import java.util.List;

/** Finds a frame among the fragments of encapsulated pixels (PS3.5, A.4): by the table of offsets, or one a fragment. */
final class EncapsulatedFrames {
    private EncapsulatedFrames() {}

    /** The bytes of a frame, its fragments put together. */
    static byte[] frame(DataSet dataSet, Element element, int frame, int frames) {
        byte[] bytes = dataSet.bytes();
        List<Element.Fragment> all = element.fragments();
        List<Element.Fragment> fragments = all.subList(1, all.size());
        if (fragments.isEmpty()) {
            throw new DamagedImage("its encapsulated pixels are empty");
        }
        if (frames == 1) {
            return joined(bytes, fragments);
        }
        long[] offsets = offsets(dataSet, bytes, all.get(0));
        if (offsets.length == frames) {
            long from = offsets[frame];
            long to = frame + 1 < frames ? offsets[frame + 1] : Long.MAX_VALUE;
            int base = fragments.get(0).at() - 8; // offsets count from the first fragment's item tag
            return joined(
                    bytes,
                    fragments.stream()
                            .filter(f -> f.at() - 8 - base >= from && f.at() - 8 - base < to)
                            .toList());
        }
        if (fragments.size() == frames) {
            return joined(bytes, List.of(fragments.get(frame)));
        }
        return byMarkers(bytes, fragments, frame);
    }

    private static long[] offsets(DataSet dataSet, byte[] bytes, Element.Fragment table) {
        Element extended = dataSet.get(Tag.EXTENDED_OFFSETS).orElse(null);
        int width = extended == null ? 4 : 8;
        int at = extended == null ? table.at() : extended.at();
        int length = extended == null ? table.length() : extended.length();
        long[] offsets = new long[length / width];
        for (int i = 0; i < offsets.length; i++) {
            for (int b = width - 1; b >= 0; b--) {
                offsets[i] = offsets[i] << 8 | bytes[at + i * width + b] & 0xFF;
            }
        }
        return offsets;
    }

    /** Without a table, a frame begins where a fragment begins as JPEG or JPEG 2000 does. */
    private static byte[] byMarkers(byte[] bytes, List<Element.Fragment> fragments, int frame) {
        int count = -1;
        int begin = -1;
        int end = fragments.size();
        for (int i = 0; i < fragments.size(); i++) {
            Element.Fragment fragment = fragments.get(i);
            boolean begins = fragment.length() > 2
                    && bytes[fragment.at()] == -1
                    && ((bytes[fragment.at() + 1] & 0xFF) == 0xD8 || bytes[fragment.at() + 1] == 0x4F);
            if (begins && ++count == frame) {
                begin = i;
            } else if (begins && count == frame + 1) {
                end = i;
                break;
            }
        }
        if (begin < 0) {
            throw new DamagedImage("its frames cannot be told apart");
        }
        return joined(bytes, fragments.subList(begin, end));
    }

    private static byte[] joined(byte[] bytes, List<Element.Fragment> fragments) {
        int size = 0;
        for (Element.Fragment fragment : fragments) {
            size += fragment.length();
        }
        if (size == 0) {
            throw new DamagedImage("its encapsulated pixels are empty");
        }
        if (fragments.size() == 1) {
            Element.Fragment only = fragments.get(0);
            return Arrays.copyOfRange(bytes, only.at(), only.at() + only.length());
        }
        byte[] joined = new byte[size];
        int to = 0;
        for (Element.Fragment fragment : fragments) {
            System.arraycopy(bytes, fragment.at(), joined, to, fragment.length());
            to += fragment.length();
        }
        return joined;
    }
}
