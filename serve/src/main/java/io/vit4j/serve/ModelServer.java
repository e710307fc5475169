package io.vit4j.serve;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tuned models behind HTTP: the Open Inference Protocol, Hugging Face's image classification, forms and metrics.
 *
 * <pre>{@code
 * try (ModelServer server = ModelServer.start(new ServerSettings().model("chest", Path.of("tuned")))) {
 *     System.out.println(server.address());
 *     Thread.currentThread().join();
 * }
 * }</pre>
 */
public final class ModelServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelServer.class);
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long LOOK_MILLIS = 10;

    private final Server server;
    private final ServerConnector connector;
    private final ModelRepository models;
    private final Router router;
    private final RequestHandler requests;
    private final Explainers explainers;
    private final Duration deadline;
    private boolean closed;

    /**
     * Loads the models and listens; ready when it returns.
     *
     * @return to be closed; InputException if a model is broken, or the port is taken
     */
    public static ModelServer start(ServerSettings settings) {
        Access access = Access.read(settings);
        // meanwhile, since Jetty's classes take as long to load as a model
        CompletableFuture<HttpListener> listener =
                CompletableFuture.supplyAsync(() -> HttpListener.of(settings, access.tls()));
        ServerMetrics metrics = new ServerMetrics();
        settings.meters().forEach(metrics::add);
        ModelRepository models =
                new ModelRepository(settings.models(), settings.classifier(), metrics, settings.watchEvery());
        try {
            ModelServer server = new ModelServer(settings, access, models, metrics, listener.join());
            if (!access.loopback() && !access.tokens().areNeeded()) {
                LOG.warn("anyone who can reach {} can use the models, because no tokens are set", server.address());
            }
            return server;
        } catch (RuntimeException | Error e) {
            models.close();
            throw e;
        }
    }

    private ModelServer(
            ServerSettings settings,
            Access access,
            ModelRepository models,
            ServerMetrics metrics,
            HttpListener listener) {
        this.models = models;
        deadline = settings.deadline();
        explainers = new Explainers(settings.classifier().decode(), metrics);
        server = listener.server();
        connector = listener.connector();
        router = new Router();
        requests = new RequestHandler(settings, access, router, models, metrics, listener.watch());
        settings.doors().forEach((template, door) -> router.add("POST", template, call -> answered(door, call)));
        addDoors(new Pictures(metrics, settings.classifier().capacity()), metrics);
        server.setHandler(requests);
        server.setErrorHandler(new JsonErrors(metrics));
        listen(settings);
        listener.watch().start();
    }

    private void addDoors(Pictures pictures, ServerMetrics metrics) {
        StaticDoor.addTo(router);
        router.add("GET", "/metrics", Door.at(call -> metrics.page()));
        new InferenceProtocol(models, pictures, () -> !requests.isDraining(), version()).addTo(router);
        new RepositoryDoor(models).addTo(router);
        new HuggingFaceDoor(models, pictures).addTo(router);
        new FormDoor(models, pictures, explainers).addTo(router);
    }

    /** What is answered, as methods and templates of addresses. */
    List<String> doors() {
        return router.doors();
    }

    /** By a thread that may wait, for a disk or a lock. */
    private static CompletableFuture<Reply> answered(PostDoor door, Call call) {
        return CompletableFuture.supplyAsync(() -> {
            PostDoor.Answer answer = door.answer(
                    new PostDoor.Request(call.parts(), call.headers().first("Content-Type"), call.body()));
            return new Reply(answer.status(), answer.contentType(), answer.body(), Map.of());
        });
    }

    private static String version() {
        return Optional.ofNullable(ModelServer.class.getPackage().getImplementationVersion())
                .orElse("development");
    }

    private void listen(ServerSettings settings) {
        try {
            server.start();
        } catch (Exception e) {
            stop();
            if (e instanceof IOException) {
                throw new InputException(
                        "cannot listen on " + settings.host() + " port " + settings.port() + " (" + e.getMessage()
                                + "); choose another port",
                        e);
            }
            throw e instanceof RuntimeException own ? own : new IllegalStateException(e);
        }
    }

    /** {@return where it listens, such as {@code http://127.0.0.1:8080}} */
    public URI address() {
        String scheme = connector.getDefaultProtocol().startsWith("SSL") ? "https" : "http";
        String host = connector.getHost();
        return URI.create(scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port());
    }

    /** {@return the port it listens on} */
    public int port() {
        return connector.getLocalPort();
    }

    /**
     * Uses a model otherwise than over HTTP, in the version that is current now, which stays in memory until this returns.
     *
     * @param model its name
     * @throws InputException if there is no model of that name
     */
    public <T> T use(String model, Function<LoadedModel, T> use) {
        ServedModel served = models.find(model)
                .orElseThrow(() -> new InputException("there is no model " + model + " on this server; name one"));
        return served.<T>use(version -> CompletableFuture.completedFuture(use.apply(
                        new LoadedModel(version.classifier(), version.found().folder(), version.number()))))
                .join();
    }

    /**
     * Ends well: is no longer ready, accepts no more connections, answers every request that was accepted, and frees everything.
     * Connections that are open may still ask, and are told to close, until none has asked for half a second.
     *
     * @return whether every request was answered; if not, those that were left had passed their deadline
     */
    public synchronized boolean drain() {
        if (closed) {
            return true;
        }
        closed = true;
        connector.close(); // first, so that nobody who is told to close comes back in vain
        requests.drain();
        long end = System.nanoTime() + deadline.toNanos() + QUIET_NANOS + TimeUnit.SECONDS.toNanos(5);
        boolean interrupted = false;
        while ((requests.running() > 0 || requests.quietNanos() < QUIET_NANOS) && System.nanoTime() < end) {
            interrupted |= pause();
        }
        boolean answered = requests.running() == 0;
        stop();
        explainers.close();
        models.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return answered;
    }

    /** {@return whether it was interrupted: requests that were accepted are answered all the same} */
    private static boolean pause() {
        try {
            Thread.sleep(LOOK_MILLIS);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    private void stop() {
        try {
            server.stop();
        } catch (Exception e) {
            LOG.warn("the server did not stop cleanly", e);
        }
    }

    /** As {@link #drain}. Closing again does nothing. */
    @Override
    public void close() {
        drain();
    }
}
