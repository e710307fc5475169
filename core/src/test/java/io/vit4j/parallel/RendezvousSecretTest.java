package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vit4j.base.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RendezvousSecretTest {
    @TempDir
    Path folder;

    private Path file(String text, String mode) throws Exception {
        Path file = folder.resolve("secret-" + mode);
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        return file;
    }

    @Test
    void onlyItsOwnerMayReadTheFile() throws Exception {
        assertThat(RendezvousSecret.read(file("0123456789abcdef\n", "rw-------"))
                        .text())
                .isEqualTo("0123456789abcdef");
        assertThat(RendezvousSecret.read(file("0123456789abcdef\n", "r--------"))
                        .text())
                .isEqualTo("0123456789abcdef");
        for (String mode : new String[] {"rw-r-----", "rw----r--", "rw--w----", "rw-rw-rw-"}) {
            refused(file("0123456789abcdef", mode), mode, "chmod 600");
        }
    }

    @Test
    void whatIsNoSecretIsOneLine() throws Exception {
        refused(file("too short", "rw-------"), "9 characters", "openssl rand -hex 32");
        refused(file("x".repeat(5000), "rw-------"), "longer than 4096 bytes");
        refused(folder.resolve("none"), "no such file", "openssl rand -hex 32");
        refused(folder, "secret");
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> RendezvousSecret.ofEnvironment(Map.of(RendezvousSecret.VARIABLE, "short")))
                .withMessageContaining("VIT4J_RENDEZVOUS_SECRET has 5 characters");
        assertThat(RendezvousSecret.ofEnvironment(Map.of(RendezvousSecret.VARIABLE, " ")))
                .isEmpty();
    }

    private static void refused(Path file, String... saying) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> RendezvousSecret.read(file))
                .satisfies(e -> assertThat(e.getMessage())
                        .startsWith(file.toString())
                        .contains(saying)
                        .doesNotContain("0123456789abcdef"));
    }

    @Test
    void ranksThatStartTogetherMakeOneSecretForTheirUser() throws Exception {
        Path cache = folder.resolve("cache/vit4j");
        assertThat(IntStream.range(0, 64)
                        .parallel()
                        .mapToObj(i -> RendezvousSecret.in(cache).text())
                        .distinct())
                .hasSize(1);
        Path made = cache.resolve("rendezvous-secret");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
                .isEqualTo("rw-------");
        try (var files = Files.list(cache)) {
            assertThat(files).containsExactly(made);
        }
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-r--r--"));
        refused(made, "chmod 600");
    }

    /** As OpenSSL computes it. */
    @Test
    void theProofIsHmacSha256() {
        RendezvousSecret secret = RendezvousSecret.ofEnvironment(Map.of(RendezvousSecret.VARIABLE, "J".repeat(20)))
                .orElseThrow();
        // printf 'what do ya want for nothing?' | openssl dgst -sha256 -hmac JJJJJJJJJJJJJJJJJJJJ
        assertThat(HexFormat.of().formatHex(secret.mac("what do ya want ".getBytes(), "for nothing?".getBytes())))
                .isEqualTo("b9960f806f8ee75e198bb0cf45afea1f89b2466f0dd62281fde61c4b73cf8ca9");
        assertThat(secret).hasToString("a secret");
    }
}
