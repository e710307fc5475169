package io.vit4j.base;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collections;

/** Files with private keys and certificates. */
public final class Keystores {
    private Keystores() {}

    /** Reads a PKCS 12 or JKS file; InputException if it cannot be read or the password is wrong. */
    public static KeyStore read(Path file, String password) {
        try (InputStream in = OpenFiles.stream(file)) {
            KeyStore keys = KeyStore.getInstance("PKCS12"); // the JDK's reads JKS, too
            keys.load(in, password.toCharArray());
            return keys;
        } catch (IOException e) {
            throw cannotBeRead(file, IoReason.of(e), e);
        } catch (GeneralSecurityException e) {
            throw cannotBeRead(file, e.getMessage(), e);
        }
    }

    /** The same; InputException, too, if there is no private key in it that the password opens. */
    public static KeyStore readWithKey(Path file, String password) {
        KeyStore keys = read(file, password);
        try {
            boolean hasKey = false;
            for (String alias : Collections.list(keys.aliases())) {
                hasKey |= keys.isKeyEntry(alias)
                        && keys.getKey(alias, password.toCharArray()) != null; // Java's way to say that there is none
            }
            if (!hasKey) {
                throw InputException.in(
                        file, "contains no private key; make one as keytool -genkeypair does, with its certificate");
            }
            return keys;
        } catch (GeneralSecurityException e) {
            throw cannotBeRead(file, e.getMessage(), e);
        }
    }

    /**
     * Reads the certificates that are to be trusted: a PKCS 12 or JKS file, or one or more certificates in PEM, which need no password.
     * InputException if it cannot be read, or has no certificate.
     */
    public static KeyStore readTrusted(Path file, String password) {
        try {
            byte[] bytes = OpenFiles.bytes(file);
            KeyStore trusted = isPem(bytes) ? ofPem(bytes) : read(file, password);
            if (trusted.size() == 0) {
                throw InputException.in(
                        file,
                        "contains no certificate; give the peers' certificates, or those of the authorities that issued"
                                + " them");
            }
            return trusted;
        } catch (IOException e) {
            throw cannotBeRead(file, IoReason.of(e), e);
        } catch (GeneralSecurityException e) {
            throw cannotBeRead(file, e.getMessage(), e);
        }
    }

    private static boolean isPem(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1).contains("-----BEGIN CERTIFICATE-----");
    }

    private static KeyStore ofPem(byte[] bytes) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null); // Java's way to make an empty one
        for (Certificate each :
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes))) {
            trusted.setCertificateEntry("trusted-" + trusted.size(), each);
        }
        return trusted;
    }

    private static InputException cannotBeRead(Path file, String why, Exception e) {
        return InputException.in(
                file, "cannot be read as a keystore (" + why + "); check the path and the password's file", e);
    }

    /** {@return the password in a file, without the line's end} InputException if it cannot be read. */
    public static String password(Path file) {
        try {
            return OpenFiles.text(file).strip();
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the path", e);
        }
    }
}
