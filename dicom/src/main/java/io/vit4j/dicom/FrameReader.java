package io.vit4j.dicom;

import io.vit4j.dicom.codec.JpegDecoder;
import io.vit4j.dicom.codec.JpegLsDecoder;
import io.vit4j.dicom.codec.RleDecoder;
import io.vit4j.dicom.codec.Samples;
import io.vit4j.dicom.codec.jpeg2000.Jpeg2000Decoder;
import io.vit4j.image.DamagedImage;
import io.vit4j.image.DecodeOptions;

/** One frame of a DICOM file as numbers: found among the others, decoded, shifted and signed as the header says. */
final class FrameReader {
    private final DicomFile file;
    private final DecodeOptions options;
    private final PixelDescription pixels;

    FrameReader(DicomFile file, PixelDescription pixels, DecodeOptions options) {
        this.file = file;
        this.pixels = pixels;
        this.options = options;
    }

    /**
     * Reads a frame.
     *
     * @param frame from 0
     * @return its values, {@code [height, width, samples]}, as the header means them
     */
    Samples read(int frame) {
        if (frame >= pixels.frames()) {
            throw new DamagedImage("it has " + pixels.frames() + " frames, and frame " + (frame + 1)
                    + " is asked for, which --frame says");
        }
        Element element = file.dataSet().get(Tag.PIXELS).orElseThrow();
        TransferSyntax syntax = file.syntax();
        if (syntax.coding() == TransferSyntax.Coding.NOT_READ) {
            throw new DamagedImage("its pixels are coded as " + syntax.name() + ", which is not read; convert it to"
                    + " another transfer syntax");
        }
        if (!element.isEncapsulated()) {
            if (syntax.coding() != TransferSyntax.Coding.NATIVE) {
                throw new DamagedImage("its pixels are not encapsulated, as its transfer syntax asks for");
            }
            return signed(NativePixels.read(file.dataSet().bytes(), element, pixels, frame), pixels.stored());
        }
        byte[] coded = EncapsulatedFrames.frame(file.dataSet(), element, frame, pixels.frames());
        Samples samples = decode(coded);
        if (samples.width() != pixels.width() || samples.height() != pixels.height()) {
            throw new DamagedImage("its header says " + pixels.width() + "x" + pixels.height() + ", its coded picture "
                    + samples.width() + "x" + samples.height());
        }
        if (samples.components() != pixels.samples()) {
            throw new DamagedImage("its header and its coded picture differ in the number of values a pixel");
        }
        return samples;
    }

    private Samples decode(byte[] coded) {
        return switch (file.syntax().coding()) {
            case RLE -> {
                if (pixels.allocated() < 8) {
                    throw new DamagedImage("its RLE data have single bits");
                }
                int bytes = pixels.allocated() / 8;
                Samples raw = RleDecoder.decode(coded, pixels.width(), pixels.height(), pixels.samples(), bytes);
                NativePixels.extract(raw.values(), pixels);
                yield signed(raw, pixels.stored());
            }
            case JPEG -> signed(JpegDecoder.decode(coded, options));
            case JPEG_LS -> signed(JpegLsDecoder.decode(coded, options));
            case JPEG_2000 -> signed(Jpeg2000Decoder.decode(coded, options));
            default ->
                throw new DamagedImage("its pixels are encapsulated, though its transfer syntax has none that are");
        };
    }

    /** What codings hold is negative by its own highest bit, if the header says that values are signed. */
    private Samples signed(Samples samples) {
        return signed(samples, samples.precision());
    }

    private Samples signed(Samples samples, int bits) {
        int shift = 32 - bits;
        int[] values = samples.values();
        if (pixels.signed()) {
            for (int i = 0; i < values.length; i++) {
                values[i] = values[i] << shift >> shift;
            }
        } else if (bits < 32) {
            for (int i = 0; i < values.length; i++) {
                values[i] = values[i] << shift >>> shift;
            }
        }
        return samples;
    }
}
