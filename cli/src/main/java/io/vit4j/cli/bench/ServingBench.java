package io.vit4j.cli.bench;

import io.vit4j.base.DurableFiles;
import io.vit4j.image.Picture;
import io.vit4j.image.PngEncoder;
import io.vit4j.model.VisionModel;
import io.vit4j.serve.ModelServer;
import io.vit4j.serve.ServerSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;

/** A server from its start to its first answers. */
final class ServingBench {
    private static final int OK = 200;

    private ServingBench() {}

    /** Seconds from before a model is loaded until it has scored a picture over HTTP. */
    static double secondsToTheFirstAnswer(VisionModel model) {
        try (TemporaryFolder folder = new TemporaryFolder()) {
            model.save(DurableFiles.SYSTEM, folder.path());
            byte[] png = PngEncoder.encode(new Picture(32, 32, 1, new byte[32 * 32]));
            long start = System.nanoTime();
            try (ModelServer server =
                    ModelServer.start(new ServerSettings().port(0).model("model", folder.path()))) {
                answer(server, "/v2/health/ready", new byte[0]);
                answer(server, "/models/model", png);
                return (System.nanoTime() - start) / 1e9;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asks, with a body if there is one. */
    private static void answer(ModelServer server, String path, byte[] body) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) server.address().resolve(path).toURL().openConnection();
        if (body.length > 0) {
            connection.setDoOutput(true);
            connection.setRequestProperty("Content-Type", "image/png");
            connection.getOutputStream().write(body);
        }
        if (connection.getResponseCode() != OK) {
            throw new IOException(path + " is answered with " + connection.getResponseCode());
        }
        connection.getInputStream().readAllBytes();
        connection.disconnect();
    }
}
