package io.vit4j.serve;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;

/** Asks a server, and judges every answer by the server's own description. */
public final class Client {
    private final HttpClient http;
    private final URI server;
    private final OpenApi description;

    /** Asks a server that needs no token. */
    public Client(URI server) throws Exception {
        this(server, SSLContext.getDefault());
    }

    /** @param trusting the server's certificate */
    Client(URI server, SSLContext trusting) throws Exception {
        this.server = server;
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(20))
                .sslContext(trusting)
                .build();
        HttpResponse<String> yaml = http.send(
                HttpRequest.newBuilder(server.resolve("/openapi.yaml")).build(), HttpResponse.BodyHandlers.ofString());
        description = new OpenApi(yaml.body());
    }

    /** An answer. */
    public record Answer(int status, String type, byte[] body, HttpResponse<byte[]> whole) {
        /** Its body. */
        public JsonNode json() {
            return Json.parse(body, "the answer");
        }

        /** What is wrong. */
        public String error() {
            return json().path("error").asText();
        }

        /** Its body. */
        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    OpenApi description() {
        return description;
    }

    /** A GET request. */
    public Answer get(String path, String... headers) throws Exception {
        return send("GET", path, HttpRequest.BodyPublishers.noBody(), headers);
    }

    /** A POST request. */
    public Answer post(String path, byte[] body, String... headers) throws Exception {
        return send("POST", path, HttpRequest.BodyPublishers.ofByteArray(body), headers);
    }

    Answer postJson(String path, String json, String... headers) throws Exception {
        return post(path, json.getBytes(StandardCharsets.UTF_8), with(headers, "Content-Type", "application/json"));
    }

    /** A form; parts are made by {@link #picture} and {@link #field}. */
    Answer form(String path, byte[]... parts) throws Exception {
        return post(path, formBody(parts), "Content-Type", "multipart/form-data; boundary=XyZ");
    }

    static byte[] formBody(byte[]... parts) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            body.write("--XyZ\r\n".getBytes(StandardCharsets.US_ASCII));
            body.write(part);
            body.write("\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        body.write("--XyZ--\r\n".getBytes(StandardCharsets.US_ASCII));
        return body.toByteArray();
    }

    static byte[] picture(String fileName, byte[] encoded) throws IOException {
        ByteArrayOutputStream part = new ByteArrayOutputStream();
        part.write(("Content-Disposition: form-data; name=\"picture\"; filename=\"" + fileName + "\"\r\n"
                        + "Content-Type: image/png\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8));
        part.write(encoded);
        return part.toByteArray();
    }

    static byte[] field(String name, String value) {
        return ("Content-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value)
                .getBytes(StandardCharsets.UTF_8);
    }

    Answer send(String method, String path, HttpRequest.BodyPublisher body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.resolve(path))
                .timeout(Duration.ofSeconds(60))
                .method(method, body);
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<byte[]> response = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        String type = response.headers().firstValue("Content-Type").orElse("");
        description.check(method, path, response.statusCode(), type, response.body());
        return new Answer(response.statusCode(), type, response.body(), response);
    }

    private static String[] with(String[] headers, String... more) {
        List<String> all = new java.util.ArrayList<>(List.of(headers));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }
}
