package io.vit4j.serve;

import io.vit4j.base.InputException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/**
 * Who may ask, and how they know that they ask the right server. Its files are read once, before any model is.
 *
 * @param loopback whether only programs on this machine can reach the server
 * @param tls the server's key and certificates; empty if it speaks plain HTTP
 */
record Access(boolean loopback, Tokens tokens, Origins origins, Optional<SslContextFactory.Server> tls) {
    /** InputException if a file cannot be used, or there is no such host. */
    static Access read(ServerSettings settings) {
        boolean loopback = isLoopback(settings.host());
        return new Access(
                loopback,
                settings.tokens().map(Tokens::read).orElseGet(Tokens::none),
                new Origins(loopback, settings.host(), settings.allowedHosts()),
                settings.keystore().map(store -> Keystore.read(store, settings.keystorePassword())));
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new InputException(
                    "there is no host " + host + " to listen on; use one of this machine's addresses", e);
        }
    }
}
