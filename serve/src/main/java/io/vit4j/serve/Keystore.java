package io.vit4j.serve;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Collections;
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
        String password = password(passwordFile);
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setKeyStore(keys(file, password.toCharArray()));
        tls.setKeyStorePassword(password);
        tls.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        return tls;
    }

    private static String password(Path file) {
        try {
            return OpenFiles.text(file).strip();
        } catch (IOException e) {
            throw InputException.in(file, "cannot be read (" + IoReason.of(e) + "); check the path", e);
        }
    }

    private static KeyStore keys(Path file, char[] password) {
        try (InputStream in = OpenFiles.stream(file)) {
            KeyStore keys = KeyStore.getInstance("PKCS12"); // the JDK's reads JKS too
            keys.load(in, password);
            boolean hasKey = false;
            for (String alias : Collections.list(keys.aliases())) {
                hasKey |= keys.isKeyEntry(alias)
                        && keys.getKey(alias, password) != null; // Java's way to say that there is none
            }
            if (!hasKey) {
                throw InputException.in(
                        file, "contains no private key; make one as keytool -genkeypair does, with its certificate");
            }
            return keys;
        } catch (IOException e) {
            throw unreadable(file, IoReason.of(e), e);
        } catch (GeneralSecurityException e) {
            throw unreadable(file, e.getMessage(), e);
        }
    }

    private static InputException unreadable(Path file, String why, Exception cause) {
        return InputException.in(
                file, "cannot be read as a keystore (" + why + "); check the path and the password's file", cause);
    }
}
