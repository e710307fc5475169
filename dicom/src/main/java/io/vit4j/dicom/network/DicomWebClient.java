package io.vit4j.dicom.network;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;

/**
 * Asks a DICOMweb service. Answers are bounded in length and time. Redirects are not followed: user and password are for the service that
 * was named, and for no other.
 */
final class DicomWebClient {
    private static final Duration CONNECT = Duration.ofSeconds(10);

    private final DicomWebAddress service;
    private final HttpClient client;

    /**
     * An answer.
     *
     * @param type of its content, in lower case but for the parameters; empty if it says nothing
     */
    record Answer(int status, String type, byte[] body) {
        boolean isSuccess() {
            return status / 100 == 2;
        }
    }

    /** @param tls of the user's own, for HTTPS; empty: Java's */
    DicomWebClient(DicomWebAddress service, Optional<SSLContext> tls) {
        this.service = service;
        HttpClient.Builder builder = HttpClient.newBuilder()
                .connectTimeout(CONNECT)
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER);
        tls.ifPresent(builder::sslContext);
        client = builder.build();
    }

    /**
     * Sends a request.
     *
     * @param path behind the service's address
     * @param longest of the answer, in bytes
     * @param patience from the request to the answer's last byte
     */
    Answer send(String path, HttpRequest.Builder request, long longest, Duration patience) throws IOException {
        request.uri(service.resolve(path)).timeout(patience);
        service.authorization().ifPresent(value -> request.header("Authorization", value));
        CompletableFuture<HttpResponse<byte[]>> pending =
                client.sendAsync(request.build(), info -> new Bounded(longest));
        try {
            HttpResponse<byte[]> answer = pending.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            String type = answer.headers().firstValue("Content-Type").orElse("");
            return new Answer(answer.statusCode(), type, answer.body());
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("no whole answer within " + patience.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException fault ? fault : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            pending.cancel(true);
        }
    }

    /** What a status other than success means, for a message. */
    static String said(int status) {
        return String.format(
                Locale.ROOT,
                "answers with HTTP status %d%s",
                status,
                status / 100 == 3 ? ", a redirect, which is not followed; give the address that it leads to" : "");
    }

    /** All bytes of an answer, up to a limit. */
    private static final class Bounded implements HttpResponse.BodySubscriber<byte[]> {
        private final HttpResponse.BodySubscriber<byte[]> whole = HttpResponse.BodySubscribers.ofByteArray();
        private final long longest;
        private long left;
        private Flow.Subscription subscription;

        Bounded(long longest) {
            this.longest = longest;
            left = longest;
        }

        @Override
        public CompletionStage<byte[]> getBody() {
            return whole.getBody();
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
            whole.onSubscribe(given);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            if (left < 0) {
                return; // given up already
            }
            left -= buffers.stream().mapToLong(ByteBuffer::remaining).sum();
            if (left < 0) {
                subscription.cancel();
                whole.onError(new IOException("an answer of more than " + longest + " bytes"));
            } else {
                whole.onNext(buffers);
            }
        }

        @Override
        public void onError(Throwable fault) {
            whole.onError(fault);
        }

        @Override
        public void onComplete() {
            if (left >= 0) {
                whole.onComplete();
            }
        }
    }
}
