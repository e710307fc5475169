package io.vit4j.image;

final class GifDecoder {
    static Picture decode(byte[] file, DecodeOptions options) {
        throw new DamagedImage("soon");
    }
}
