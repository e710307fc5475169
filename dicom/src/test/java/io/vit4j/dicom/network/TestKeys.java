package io.vit4j.dicom.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Keys and certificates, made by the JDK's keytool. */
public final class TestKeys {
    /** Of every keystore. */
    public static final String PASSWORD = "password";

    private TestKeys() {}

    /** A keystore (PKCS 12) with a key, and with a certificate for a host that the key itself signed. */
    public static Path of(Path folder, String host) throws IOException, InterruptedException {
        Path keys = folder.resolve(host + ".p12");
        keytool(keys, "-genkeypair", "-keyalg", "EC", "-dname", "CN=" + host, "-ext", "san=dns:" + host);
        return keys;
    }

    /** The certificate of a keystore, in PEM. */
    public static Path certificate(Path keys) throws IOException, InterruptedException {
        Path pem = Path.of(keys.toString().replace(".p12", ".pem"));
        keytool(keys, "-exportcert", "-rfc", "-file", pem.toString());
        assertThat(Files.readString(pem)).startsWith("-----BEGIN CERTIFICATE-----");
        return pem;
    }

    private static void keytool(Path keys, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(options));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD, "-keystore", keys.toString()));
        Process keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(keytool.waitFor()).isZero();
    }
}
