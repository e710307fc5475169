package io.vit4j.serve;

import io.vit4j.base.InputException;
import io.vit4j.serve.HttpFault.Kind;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model by its name: the version that is served, and how it is replaced by a newer one while requests go on. */
final class ServedModel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServedModel.class);

    private final String name;
    private final ModelFolder folder;
    private final ServedVersion.Loader loader;
    private final ServerMetrics metrics;
    private final Phaser inMemory = new Phaser(1); // versions, and this itself
    private final AtomicBoolean loading = new AtomicBoolean(); // whoever sets it may use the three below
    private int loads;
    private String seen = ""; // the folder's state at the last look
    private String refused = "";
    private volatile ServedVersion current;
    private volatile boolean closed;

    /** Loads the newest version; InputException if it is broken. */
    ServedModel(String name, ModelFolder folder, ServedVersion.Loader loader, ServerMetrics metrics) {
        this.name = name;
        this.folder = folder;
        this.loader = loader;
        this.metrics = metrics;
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

    /** The same by a version that the caller names; a fault unless it is the current one. */
    <T> CompletableFuture<T> use(Optional<String> asked, Function<ServedVersion, CompletableFuture<T>> request) {
        return use(version -> {
            if (asked.isPresent() && !asked.get().equals(version.number())) {
                throw new HttpFault(
                        Kind.NOT_FOUND, "model " + name + " is served in version " + version.number() + " only");
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
            if (closed) {
                throw stopping();
            }
        }
    }

    private static HttpFault stopping() {
        return new HttpFault(Kind.NOT_READY, "the server is stopping");
    }

    /**
     * Loads what the folder contains now, on a thread of its own, and serves it from then on. If it is broken, the old version stays.
     *
     * @return done at once if nothing has changed; fails with InputException if the folder's model is broken, with a fault if it is being
     *     loaded already
     */
    CompletableFuture<Void> load() {
        if (!loading.compareAndSet(false, true)) {
            return CompletableFuture.failedFuture(new HttpFault(
                    Kind.CONFLICT, "model " + name + " is being loaded already; ask again once that has ended"));
        }
        CompletableFuture<Void> loaded = new CompletableFuture<>();
        Thread thread = new Thread(() -> load(loaded), "vit4j-model-load");
        thread.setDaemon(true);
        try {
            thread.start();
        } catch (Error e) { // the thread could not be started
            loading.set(false);
            throw e;
        }
        return loaded;
    }

    private void load(CompletableFuture<Void> loaded) {
        Optional<Throwable> failure = Optional.empty();
        try {
            loadIfChanged();
        } catch (RuntimeException | Error e) {
            stays(e);
            failure = Optional.of(e);
        }
        loading.set(false);
        failure.ifPresentOrElse(loaded::completeExceptionally, () -> loaded.complete(null)); // nothing to tell
    }

    private void loadIfChanged() {
        ModelFolder.Found found = folder.newest();
        if (found.state().equals(current.found().state())) {
            return;
        }
        try {
            String before = version();
            replace(read(found));
            LOG.info("model {} is now served in version {}, before in version {}", name, version(), before);
        } catch (HttpFault stopping) {
            throw stopping;
        } catch (RuntimeException | Error e) {
            refused = found.state();
            metrics.loaded(name, true);
            throw e;
        }
    }

    private void stays(Throwable reason) {
        if (reason instanceof InputException || reason instanceof HttpFault) {
            LOG.warn("model {} stays in version {}: {}", name, version(), reason.getMessage());
        } else {
            LOG.error("model {} stays in version {}", name, version(), reason);
        }
    }

    private ServedVersion read(ModelFolder.Found found) {
        loads++;
        String number = found.number().orElse(Integer.toString(loads));
        register();
        try {
            ServedVersion version = loader.load(number, found, inMemory::arriveAndDeregister);
            metrics.loaded(name, false);
            return version;
        } catch (RuntimeException | Error e) {
            inMemory.arriveAndDeregister();
            throw e;
        }
    }

    private synchronized void register() {
        if (closed) {
            throw stopping();
        }
        inMemory.register();
    }

    private synchronized void replace(ServedVersion next) {
        if (closed) {
            next.release();
            throw stopping();
        }
        ServedVersion before = current;
        current = next;
        before.release();
    }

    /** Loads a newer version if there is one that has not changed since the last look: it may still be being copied. */
    void look() {
        if (closed || !loading.compareAndSet(false, true)) {
            return;
        }
        try {
            String state = folder.newest().state();
            boolean settled = state.equals(seen);
            seen = state;
            if (settled && !state.equals(refused)) {
                loadIfChanged();
            }
        } catch (RuntimeException | Error e) { // the next look must come, even after an OutOfMemoryError
            stays(e);
        } finally {
            loading.set(false);
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
