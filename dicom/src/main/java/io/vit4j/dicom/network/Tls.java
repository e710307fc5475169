package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Encrypted connections: a key of one's own, and certificates of peers, in PKCS 12 or JKS files. */
public final class Tls {
    private Tls() {}

    /**
     * A context for both directions.
     *
     * @param keys file with the private key and its certificate; empty: none, as a client may do
     * @param trusted file with the certificates of peers or of those who signed them; empty: those that Java trusts
     * @param password of both files
     * @throws InputException if a file cannot be read
     */
    public static SSLContext context(Optional<Path> keys, Optional<Path> trusted, char[] password) {
        try {
            KeyManager[] keyManagers = null;
            if (keys.isPresent()) {
                KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                factory.init(read(keys.get(), password), password);
                keyManagers = factory.getKeyManagers();
            }
            TrustManager[] trustManagers = null;
            if (trusted.isPresent()) {
                TrustManagerFactory factory =
                        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                factory.init(read(trusted.get(), password));
                trustManagers = factory.getTrustManagers();
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keyManagers, trustManagers, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new InputException("TLS cannot be set up: " + e.getMessage() + "; check the key file", e);
        }
    }

    private static KeyStore read(Path file, char[] password) throws GeneralSecurityException {
        try (InputStream in = OpenFiles.stream(file)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(in, password);
            return store;
        } catch (IOException e) {
            throw InputException.in(
                    file, "cannot be read (" + IoReason.of(e) + "); check the file and its password", e);
        }
    }
}
