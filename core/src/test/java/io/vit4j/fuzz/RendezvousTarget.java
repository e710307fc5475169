package io.vit4j.fuzz;

import io.vit4j.parallel.RendezvousBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** The protocol in which ranks find each other, before and after they have proved to know the secret. */
final class RendezvousTarget implements Target {
    @Override
    public String name() {
        return "rendezvous";
    }

    @Override
    public List<byte[]> seeds() {
        try {
            return RendezvousBytes.seeds();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public List<byte[]> dictionary() {
        return Stream.of(
                        "vit4j-1\n",
                        "\0\3key",
                        "\0\0\0\1" + "7",
                        "\0\0\0\0",
                        "\u00FF\u00FF\u00FF\u00FF",
                        "\0\15",
                        "9999")
                .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    @Override
    public int longestInput() {
        return 1 << 12;
    }

    @Override
    public void read(byte[] input) {
        RendezvousBytes.read(input);
    }
}
