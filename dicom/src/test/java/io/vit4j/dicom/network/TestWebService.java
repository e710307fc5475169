package io.vit4j.dicom.network;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.vit4j.dicom.Attributes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** A DICOMweb service of the test's own making, which remembers what it was asked. */
public final class TestWebService implements AutoCloseable {
    /** Method, path with query, and Authorization of each request. */
    public final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    private final HttpServer server;
    private final String scheme;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    TestWebService(HttpHandler handler) throws IOException {
        this(HttpServer.create(), "http", handler);
    }

    private TestWebService(HttpServer created, String scheme, HttpHandler handler) throws IOException {
        server = created;
        this.scheme = scheme;
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization"));
            exchange.getRequestBody().readAllBytes();
            handler.handle(exchange);
        });
        server.setExecutor(threads);
        server.start();
    }

    /** One of HTTPS, to callers with a certificate that it trusts. */
    static TestWebService secured(SSLContext tls, HttpHandler handler) throws IOException {
        HttpsServer https = HttpsServer.create();
        https.setHttpsConfigurator(new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters connection) {
                SSLParameters parameters = tls.getDefaultSSLParameters();
                parameters.setNeedClientAuth(true);
                connection.setSSLParameters(parameters);
            }
        });
        return new TestWebService(https, "https", handler);
    }

    /** One that has a single image, of HTTPS if there is a context. */
    public static TestWebService withImage(Optional<SSLContext> tls, Attributes image) throws IOException {
        byte[] begin = "--b\r\nContent-Type: application/dicom\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        byte[] end = "\r\n--b--".getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(begin);
        body.writeBytes(image.file());
        body.writeBytes(end);
        String found = """
                [{"0020000D": {"vr": "UI", "Value": ["%s"]}, "0020000E": {"vr": "UI", "Value": ["%s"]},
                  "00080018": {"vr": "UI", "Value": ["%s"]}}]""".formatted(
                        image.text("StudyInstanceUID"), image.text("SeriesInstanceUID"), image.text("SOPInstanceUID"));
        HttpHandler handler = exchange -> {
            if (exchange.getRequestURI().getPath().endsWith("/dicom-web/instances")) {
                answer(exchange, 200, found);
            } else {
                answer(exchange, 200, "multipart/related; type=\"application/dicom\"; boundary=b", body.toByteArray());
            }
        };
        return tls.isPresent() ? secured(tls.get(), handler) : new TestWebService(handler);
    }

    /** With user and password. */
    public String address() {
        return scheme + "://reader:secret@localhost:" + server.getAddress().getPort() + "/dicom-web";
    }

    static void answer(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    static void answer(HttpExchange exchange, int status, String json) throws IOException {
        answer(exchange, status, "application/dicom+json", json.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
