package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import io.vit4j.dicom.network.Tls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import picocli.CommandLine.Option;

/** Encrypted associations. */
final class TlsOptions implements HelpSection {
    @Override
    public String heading() {
        return "TLS";
    }

    @Option(
            names = "--tls-keys",
            paramLabel = "FILE",
            description = "Private key and certificate (PKCS 12). With it, only encrypted associations are accepted, of"
                    + " peers whose certificate is trusted.")
    private Optional<Path> keys;

    @Option(
            names = "--tls-trusted",
            paramLabel = "FILE",
            description = "Certificates that are trusted (PKCS 12). Default: those that Java trusts.")
    private Optional<Path> trusted;

    @Option(names = "--tls-password-file", paramLabel = "FILE", description = "File with the password of both.")
    private Optional<Path> password;

    @Option(names = "--tls-destination", description = "Send results by C-STORE over TLS, too.")
    private boolean destination;

    /** For associations that peers open. */
    Optional<SSLContext> server() {
        if (keys.isEmpty() && trusted.isPresent() && !destination) {
            throw new InputException("--tls-trusted has no effect without --tls-keys or --tls-destination");
        }
        return keys.map(file -> context());
    }

    /** For the association with the destination. */
    Optional<SSLContext> client() {
        return destination ? Optional.of(context()) : Optional.empty();
    }

    private SSLContext context() {
        return Tls.context(
                keys, trusted, password.map(TlsOptions::read).orElse("").toCharArray());
    }

    private static String read(Path file) {
        try {
            return OpenFiles.text(file).strip();
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the path", e);
        }
    }
}
