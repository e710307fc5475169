package io.vit4j.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Sha256Test {
    @TempDir
    Path folder;

    /** FIPS 180-2, B.1. */
    @Test
    void theStandardsExample() {
        assertThat(Sha256.hex("abc")).isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    @Test
    void aFileIsReadToItsEnd() throws IOException {
        byte[] bytes = new byte[(2 << 20) + 5];
        bytes[bytes.length - 1] = 7;
        Path file = Files.write(folder.resolve("a"), bytes);
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        assertThat(Sha256.read(file, read::write)).isEqualTo(bytes.length);
        assertThat(read.toByteArray()).isEqualTo(bytes);
    }

    @Test
    void textIsPercentEncoded() {
        assertThat(PercentEncoding.of("a b/\u00e4+-_.")).isEqualTo("a%20b%2F%C3%A4%2B-_.");
    }
}
