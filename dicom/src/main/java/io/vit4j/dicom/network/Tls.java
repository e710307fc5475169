package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import io.vit4j.base.Keystores;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Encrypted connections: a key of one's own, and certificates of peers, in PKCS 12 or JKS files; certificates also in PEM. */
public final class Tls {
    private Tls() {}

    /**
     * A context for both directions.
     *
     * @param keys file with the private key and its certificate; empty: none, as a client may do
     * @param trusted file with the certificates of peers or of the authorities that issued them; empty: those that Java trusts
     * @param password of both files, but for one in PEM
     * @throws InputException if a file cannot be read
     */
    public static SSLContext context(Optional<Path> keys, Optional<Path> trusted, String password) {
        try {
            KeyManager[] keyManagers = null;
            if (keys.isPresent()) {
                KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                factory.init(Keystores.readWithKey(keys.get(), password), password.toCharArray());
                keyManagers = factory.getKeyManagers();
            }
            TrustManager[] trustManagers = null;
            if (trusted.isPresent()) {
                TrustManagerFactory factory =
                        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                factory.init(Keystores.readTrusted(trusted.get(), password));
                trustManagers = factory.getTrustManagers();
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keyManagers, trustManagers, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new InputException("TLS cannot be set up (" + e.getMessage() + "); check the keystore", e);
        }
    }
}
