package io.vit4j.dicom.network;

import io.vit4j.dicom.DebianTool;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;

/** Debian's Orthanc, which is started with an empty archive. */
final class OrthancServer implements AutoCloseable {
    final int dicomPort = freePort();
    final int httpPort = freePort();
    private final Process process;

    /**
     * Starts it, and waits until it answers; the test is skipped if it is not installed.
     *
     * @param more of its configuration, as members of a JSON object; each begins with a comma
     */
    OrthancServer(Path folder, String more) throws IOException, InterruptedException {
        DebianTool.assumeInstalled("Orthanc", "orthanc orthanc-dicomweb");
        Path configuration = Files.writeString(folder.resolve("orthanc.json"), """
                {"DicomAet": "ORTHANC", "DicomPort": %d, "HttpPort": %d, "StorageDirectory": "%s", "IndexDirectory": "%s"%s}
                """.formatted(
                        dicomPort, httpPort, folder.resolve("db"), folder.resolve("db"), more));
        process = new ProcessBuilder(DebianTool.path("Orthanc").orElseThrow().toString(), configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("orthanc.log").toFile())
                .start();
        awaitAnswer();
    }

    private void awaitAnswer() throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + httpPort + "/studies"))
                .build();
        for (int i = 0; i < 400; i++) {
            try {
                HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding());
                return;
            } catch (IOException e) {
                Thread.sleep(50);
            }
        }
        close();
        throw new AssertionError("Orthanc does not answer");
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
