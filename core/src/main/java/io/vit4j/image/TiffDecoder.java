package io.vit4j.image;

final class TiffDecoder {
    static Picture decode(byte[] file, DecodeOptions options) {
        throw new DamagedImage("soon");
    }
}
