package io.vit4j.image;

final class JpegDecoder {
    static Picture decode(byte[] file, DecodeOptions options) {
        throw new DamagedImage("soon");
    }
}
