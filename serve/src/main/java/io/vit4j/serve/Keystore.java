package io.vit4j.serve;

import io.vit4j.base.Keystores;
import java.nio.file.Path;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** The server's private key and certificates, from a file. */
final class Keystore {
    private Keystore() {}

    /**
     * What Jetty makes TLS of; InputException if the file cannot be read or has no key.
     *
     * @param file PKCS12 or JKS
     * @param passwordFile with the password of the file and of its key
     */
    static SslContextFactory.Server read(Path file, Path passwordFile) {
        String password = Keystores.password(passwordFile);
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStore(Keystores.readWithKey(file, password));
        tls.setKeyStorePassword(password);
        tls.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        return tls;
    }
}
