package io.vit4j.dicom;

import io.vit4j.base.InputException;
import io.vit4j.dicom.codec.JpegDecoder;
import io.vit4j.dicom.codec.JpegLsDecoder;
import io.vit4j.dicom.codec.RleDecoder;
import io.vit4j.dicom.codec.jpeg2000.Jpeg2000Decoder;
import io.vit4j.dicom.network.PduTarget;
import io.vit4j.fuzz.MoreTargets;
import io.vit4j.fuzz.Target;
import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.ImageDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What this module reads, for {@code bench/fuzz}: whole files, and each coding without the file around it. */
public final class DicomTargets implements MoreTargets {
    private static final DecodeOptions OPTIONS = DecodeOptions.DEFAULT.withMaxPixels(1 << 18);

    /** For {@link java.util.ServiceLoader}. */
    public DicomTargets() {}

    /** Decodes bytes. */
    private interface Decoder {
        void decode(byte[] input);
    }

    private record BytesTarget(String name, List<byte[]> seeds, List<byte[]> dictionary, Decoder decoder)
            implements Target {
        @Override
        public long mostAllocated() {
            return 48L << 20; // a picture of the most pixels in four components takes 4 MiB at each step
        }

        @Override
        public void read(byte[] input) {
            decoder.decode(input);
        }
    }

    @Override
    public List<Target> in(Path folder) {
        List<byte[]> files = new ArrayList<>();
        List<byte[]> jpeg2000 = new ArrayList<>();
        for (String name : DicomSamples.inputs()) {
            (name.endsWith(".j2k") ? jpeg2000 : files).add(DicomSamples.bytes(name));
        }
        jpeg2000.addAll(coded("j2k"));
        List<byte[]> words = words(
                "DICM",
                "\u00FE\u00FF\0\u00E0\u00FF\u00FF\u00FF\u00FF",
                "SQ\0\0\u00FF\u00FF\u00FF\u00FF",
                "UN\0\0",
                "OW\0\0");
        return List.of(
                new BytesTarget("dicom", files, words, DicomTargets::readFile),
                new BytesTarget(
                        "dicom-pdu",
                        PduTarget.seeds(),
                        words("\2\0\0\0", "\4\0\0\0", "\1\3", "\0\0\0\0\4\0\0\0"),
                        PduTarget::read),
                new BytesTarget(
                        "dicom-rle",
                        coded("rle"),
                        List.of(),
                        refusing(input -> RleDecoder.decode(input, 21, 17, 1, 2))),
                jpeg("baseline"),
                jpeg("extended"),
                jpeg("lossless"),
                new BytesTarget(
                        "dicom-jpeg-ls",
                        coded("jpls"),
                        words("\u00FF\u00F7", "\u00FF\u00F8\0\15\1", "\u00FF\u00DA", "\u00FF\u007F"),
                        refusing(input -> JpegLsDecoder.decode(input, OPTIONS))),
                new BytesTarget(
                        "dicom-jpeg-2000",
                        jpeg2000,
                        words(
                                "\u00FFR",
                                "\u00FFS",
                                "\u00FF\\",
                                "\u00FF]",
                                "\u00FF_",
                                "\u00FF^",
                                "\u00FF\u0090",
                                "\u00FF\u0093"),
                        refusing(input -> Jpeg2000Decoder.decode(input, OPTIONS))));
    }

    /** One of the processes of JPEG; damaged, its frame may also become one of another. */
    private static Target jpeg(String process) {
        return new BytesTarget(
                "dicom-jpeg-" + process,
                coded(process.equals("lossless") ? "jpll" : process),
                words(
                        "\u00FF\u00C0",
                        "\u00FF\u00C1",
                        "\u00FF\u00C3",
                        "\u00FF\u00C4",
                        "\u00FF\u00DA",
                        "\u00FF\u00DD\0\4\0\25"),
                refusing(input -> JpegDecoder.decode(input, OPTIONS)));
    }

    private static List<byte[]> words(String... words) {
        List<byte[]> bytes = new ArrayList<>();
        for (String word : words) {
            bytes.add(word.getBytes(StandardCharsets.ISO_8859_1));
        }
        return bytes;
    }

    private static void readFile(byte[] input) {
        DicomFormat format = new DicomFormat();
        format.mayHoldPicture(input);
        format.header(input);
        try {
            format.listed(input);
        } catch (DamagedImage e) {
            // refused in one line
        }
        ImageDecoder.decode(input, "x", OPTIONS);
    }

    private static Decoder refusing(Decoder decoder) {
        return input -> {
            try {
                decoder.decode(input);
            } catch (DamagedImage e) {
                throw new InputException(e.getMessage(), e);
            }
        };
    }

    /** The coded frames of the samples whose name has this word. */
    private static List<byte[]> coded(String word) {
        List<byte[]> coded = new ArrayList<>();
        for (String name : DicomSamples.inputs()) {
            if (name.endsWith(".dcm") && name.contains(word)) {
                DicomFile file = DicomFile.read(DicomSamples.bytes(name), 1 << 20);
                Element pixels = file.dataSet().get(Tag.PIXELS).orElseThrow();
                if (pixels.isEncapsulated()) {
                    coded.add(EncapsulatedFrames.frame(file.dataSet(), pixels, 0, 1));
                }
            }
        }
        return coded;
    }
}
