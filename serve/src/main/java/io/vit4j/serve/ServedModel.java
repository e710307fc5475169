package io.vit4j.serve;

import io.vit4j.base.InputException;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.serve.HttpFault.Kind;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Phaser;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model by its name: the version that is served, and how it is replaced by a newer one while requests go on. */
final class ServedModel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServedModel.class);

    private final String name;
    private final ModelFolder folder;
    private final ImageClassifier.Options options;
    private final ServerMetrics metrics;
    private final Phaser inMemory = new Phaser(1); // versions, and this itself
    private volatile ServedVersion current;
    private int loads;
    private String seen = ""; // the folder's state at the last look
    private String refused = "";
    private boolean closed;

    /** Loads the newest version; InputException if it is broken. */
    ServedModel(String name, ModelFolder folder, ImageClassifier.Options options, ServerMetrics metrics) {
        this.name = name;
        this.folder = folder;
        this.metrics = metrics;
        this.options = options.withListener(metrics.listener(name));
        current = read(folder.newest());
    }

    String name() {
        return name;
    }

    String version() {
        return current.number();
    }

    int pending() {
        return current.classifier().pending();
    }

    /** Answers a request by the version that is current now, which stays in memory until then. */
    <T> CompletableFuture<T> use(Function<ServedVersion, CompletableFuture<T>> request) {
        ServedVersion version = acquire();
        try {
            return request.apply(version).whenComplete((answer, failure) -> version.release());
        } catch (RuntimeException | Error e) {
            version.release();
            throw e;
        }
    }

    /** The same by that version, which is answered with 404 if it is not the current one. */
    <T> CompletableFuture<T> use(Optional<String> asked, Function<ServedVersion, CompletableFuture<T>> request) {
        return use(version -> {
            if (asked.isPresent() && !asked.get().equals(version.number())) {
                throw new HttpFault(
                        Kind.NOT_FOUND, "model " + name + " is served in version " + version.number() + " alone");
            }
            return request.apply(version);
        });
    }

    private ServedVersion acquire() {
        while (true) {
            ServedVersion version = current;
            if (version.acquire()) {
                return version;
            }
            if (isClosed()) {
                throw new HttpFault(Kind.NOT_READY, "the server is stopping");
            }
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** Loads what the folder contains now, and serves it from then on; InputException if it is broken: the old version stays. */
    synchronized void load() {
        if (closed) {
            throw new HttpFault(Kind.NOT_READY, "the server is stopping");
        }
        ModelFolder.Found found = folder.newest();
        try {
            ServedVersion before = current;
            current = read(found);
            before.release();
            LOG.info(
                    "model {} is now served in version {}, before in version {}",
                    name,
                    current.number(),
                    before.number());
        } catch (InputException e) {
            refused = found.state();
            metrics.loaded(name, true);
            throw e;
        }
    }

    private ServedVersion read(ModelFolder.Found found) {
        loads++;
        String number = found.number().orElse(Integer.toString(loads));
        inMemory.register();
        try {
            ServedVersion version = new ServedVersion(number, found, options, inMemory::arriveAndDeregister);
            metrics.loaded(name, false);
            return version;
        } catch (RuntimeException | Error e) {
            inMemory.arriveAndDeregister();
            throw e;
        }
    }

    /** Loads a newer version if there is one that has not changed since the last look: it may still be being copied. */
    synchronized void look() {
        try {
            String state = folder.newest().state();
            boolean settled = state.equals(seen);
            seen = state;
            if (!closed && settled && !state.equals(current.found().state()) && !state.equals(refused)) {
                load();
            }
        } catch (InputException e) {
            LOG.warn("model {} stays in version {}: {}", name, version(), e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("model {} stays in version {}", name, version(), e);
        }
    }

    /** Frees the model once all requests that use it are answered. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        current.release();
        inMemory.arriveAndAwaitAdvance();
    }
}
