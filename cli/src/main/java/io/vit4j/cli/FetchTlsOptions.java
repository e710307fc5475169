package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.base.Keystores;
import io.vit4j.dicom.network.Tls;
import io.vit4j.options.HelpSection;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import picocli.CommandLine.Option;

/** Certificates for a DICOMweb service that images are fetched from. */
final class FetchTlsOptions implements HelpSection {
    @Override
    public String heading() {
        return "TLS for DICOM";
    }

    @Option(
            names = "--dicom-tls-keys",
            paramLabel = "FILE",
            description = "Private key and certificate to show to the service (PKCS 12).")
    private Optional<Path> keys;

    @Option(
            names = "--dicom-tls-trusted",
            paramLabel = "FILE",
            description =
                    "Certificates of the service, or of the authorities that issued them (PKCS 12 or PEM). Default: those that"
                            + " Java trusts.")
    private Optional<Path> trusted;

    @Option(
            names = "--dicom-tls-password-file",
            paramLabel = "FILE",
            description = "File with the password of both keystores. Default: an empty password.")
    private Optional<Path> password;

    /** Empty if none of them is given. InputException if the password has no effect, or a file cannot be read. */
    Optional<SSLContext> client() {
        if (keys.isEmpty() && trusted.isEmpty()) {
            if (password.isPresent()) {
                throw new InputException(
                        "--dicom-tls-password-file has no effect without --dicom-tls-keys or --dicom-tls-trusted; give the keystore");
            }
            return Optional.empty();
        }
        return Optional.of(
                Tls.context(keys, trusted, password.map(Keystores::password).orElse("")));
    }
}
