package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.base.Keystores;
import io.vit4j.dicom.network.Tls;
import io.vit4j.options.HelpSection;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import picocli.CommandLine.Option;

/** Encrypted associations. */
final class DicomTlsOptions implements HelpSection {
    @Override
    public String heading() {
        return "TLS for DICOM";
    }

    @Option(
            names = "--dicom-tls-keys",
            paramLabel = "FILE",
            description =
                    "Private key and certificate (PKCS 12). Only encrypted associations are accepted then, from peers"
                            + " with a certificate in --dicom-tls-trusted.")
    private Optional<Path> keys;

    @Option(
            names = "--dicom-tls-trusted",
            paramLabel = "FILE",
            description =
                    "Certificates of the peers, or of the authorities that issued them (PKCS 12 or PEM). Needed with --dicom-tls-keys.")
    private Optional<Path> trusted;

    @Option(
            names = "--dicom-tls-password-file",
            paramLabel = "FILE",
            description = "File with the password of both keystores. Default: an empty password.")
    private Optional<Path> password;

    @Option(
            names = "--dicom-tls-destination",
            description = "Use TLS with these files for the destination, too: for C-STORE, or for an https:// address."
                    + " Its certificate must be for the host that is named. Without --dicom-tls-trusted, Java's own"
                    + " certificates are trusted.")
    private boolean destination;

    /** For associations that peers open. InputException if options have no effect, or would let everybody in. */
    Optional<SSLContext> server() {
        if (trusted.isPresent() && keys.isEmpty() && !destination) {
            throw new InputException(
                    "--dicom-tls-trusted has no effect without --dicom-tls-keys or --dicom-tls-destination; give one");
        }
        if (password.isPresent() && keys.isEmpty() && trusted.isEmpty()) {
            throw new InputException(
                    "--dicom-tls-password-file has no effect without --dicom-tls-keys or --dicom-tls-trusted; give the keystore");
        }
        if (keys.isPresent() && trusted.isEmpty()) {
            throw new InputException(
                    "--dicom-tls-keys needs --dicom-tls-trusted, the certificates of the peers that may call; give both");
        }
        return keys.map(file -> context());
    }

    /** For the destination. */
    Optional<SSLContext> client() {
        return destination ? Optional.of(context()) : Optional.empty();
    }

    private SSLContext context() {
        return Tls.context(keys, trusted, password.map(Keystores::password).orElse(""));
    }
}
