package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models and data sets by their names on the hub, kept in huggingface_hub's cache: what Python has downloaded is found here and the other
 * way round. Only what a checkpoint needs is downloaded: its configuration, and its weights in the best form there is.
 */
public final class HuggingFaceHub {
    private static final Logger LOG = LoggerFactory.getLogger(HuggingFaceHub.class);
    private static final int ATTEMPTS = 5;
    private static final long LARGEST_JSON = 32 << 20;

    private final HubSettings settings;
    private final HubClient client;

    /** @param settings as the environment says ({@link HubSettings#fromEnvironment}), or others */
    public HuggingFaceHub(HubSettings settings) {
        this.settings = settings;
        client = new HubClient(settings);
    }

    /**
     * The folder of a model, downloaded as far as the cache lacks it. Asks the hub whether the branch has moved; without a
     * connection, or offline, the cache's newest is taken.
     */
    public Path folder(HubName name, Progress.Factory progress) {
        HubCache cache = new HubCache(settings, name);
        return snapshot(
                cache, name, CheckpointFiles.CONFIG, commit -> isComplete(cache, commit), progress, Snapshot::complete);
    }

    /** One file of a repository, such as its {@code ipu_config.json}, downloaded if the cache lacks it. */
    public Path file(HubName name, String file, Progress.Factory progress) {
        HubCache cache = new HubCache(settings, name);
        return snapshot(cache, name, file, commit -> cache.has(commit, file), progress, snapshot -> {
                    if (!snapshot.fetch(file)) {
                        throw lacks(name, file);
                    }
                })
                .resolve(file);
    }

    /**
     * The folder of a data set, with its Parquet files; or if it has none, its images or archives of them, and tables. Asks the
     * hub whether the branch has moved; without a connection, or offline, the cache's newest is taken.
     *
     * @param configuration of its files, as its card names it; empty: the default one
     */
    public Path dataset(HubName name, Optional<String> configuration, Progress.Factory progress) {
        HubCache cache = new HubCache(settings, name);
        Optional<String> there =
                cache.commitOf(name.revision()).filter(commit -> Files.isDirectory(cache.snapshot(commit)));
        boolean isListed = there.flatMap(cache::listing).isPresent();
        Optional<String> complete = there.filter(commit -> isListed && isComplete(cache, name, commit, configuration));
        if (complete.isPresent() && (settings.offline() || HubName.isCommit(name.revision()))) {
            return cache.snapshot(complete.get());
        }
        Optional<String> cached = isListed ? complete : there; // what Python has downloaded comes without a list
        if (settings.offline()) {
            String commit = cached.orElseThrow(() -> notInCache(name));
            LOG.warn("{}: downloaded by another program, so it cannot be checked offline whether it is complete", name);
            return cache.snapshot(commit);
        }
        HubListing listing;
        try {
            listing = HubRetry.ask(
                    cached.isPresent() ? 1 : ATTEMPTS, settings.firstPause(), () -> client.list(name, name.revision()));
        } catch (HubUnreachable fault) {
            return cached.map(known -> fromCache(cache, known, name, fault))
                    .orElseThrow(() -> HubRetry.unreachable(name, fault));
        } catch (InputException refusal) {
            return cached.map(known -> fromCache(cache, known, name, refusal)).orElseThrow(() -> refusal);
        }
        String commit = listing.commit();
        cache.rememberListing(commit, listing.files());
        cache.rememberCommit(name.revision(), commit);
        Snapshot snapshot = new Snapshot(cache, name, commit, progress);
        try {
            if (listing.files().contains(DatasetCard.FILE)) {
                snapshot.fetch(DatasetCard.FILE);
            }
            for (String file : missing(cache, name, commit, configuration)) {
                if (!snapshot.fetch(file)) {
                    throw lacks(name, file + ", which the hub lists");
                }
            }
            return cache.snapshot(commit);
        } catch (HubUnreachable fault) {
            throw HubRetry.unreachable(name, fault);
        }
    }

    private boolean isComplete(HubCache cache, HubName name, String commit, Optional<String> configuration) {
        try {
            return missing(cache, name, commit, configuration).isEmpty();
        } catch (InputException e) {
            if (settings.offline()) {
                throw e;
            }
            return false; // a newer commit may have what this one lacks
        }
    }

    /** The files of a listed data set that the cache lacks. */
    private static List<String> missing(HubCache cache, HubName name, String commit, Optional<String> configuration) {
        List<String> files = cache.listing(commit).orElseThrow();
        if (files.contains(DatasetCard.FILE) && !cache.has(commit, DatasetCard.FILE)) {
            return List.of(DatasetCard.FILE);
        }
        DatasetCard card = DatasetCard.in(cache.snapshot(commit));
        return DatasetFiles.needed(name, files, card, configuration).stream()
                .filter(file -> !cache.has(commit, file))
                .toList();
    }

    private InputException notInCache(HubName name) {
        return new InputException(name + ": not in the cache " + settings.cache()
                + ", and HF_HUB_OFFLINE forbids downloading it; unset HF_HUB_OFFLINE, or name a folder that contains the "
                + name.kind());
    }

    private interface Fetching {
        void run(Snapshot snapshot) throws HubUnreachable;
    }

    /**
     * The folder of the newest commit of a revision.
     *
     * @param probe a file that it must have
     * @param isComplete whether the cache has all that is needed of a commit
     * @param fetching gets what it lacks
     */
    private Path snapshot(
            HubCache cache,
            HubName name,
            String probe,
            Predicate<String> isComplete,
            Progress.Factory progress,
            Fetching fetching) {
        Optional<String> cached = cache.commitOf(name.revision()).filter(isComplete);
        if (cached.isPresent() && (settings.offline() || HubName.isCommit(name.revision()))) {
            return cache.snapshot(cached.get());
        }
        if (settings.offline()) {
            throw notInCache(name);
        }
        String commit;
        try {
            commit = HubRetry.ask(
                            cached.isPresent() ? 1 : ATTEMPTS,
                            settings.firstPause(),
                            () -> client.describe(name, name.revision(), probe))
                    .orElseThrow(() -> lacks(name, probe))
                    .commit();
        } catch (HubUnreachable fault) {
            return cached.map(known -> fromCache(cache, known, name, fault))
                    .orElseThrow(() -> HubRetry.unreachable(name, fault));
        } catch (InputException refusal) { // such as of a token that has expired
            return cached.map(known -> fromCache(cache, known, name, refusal)).orElseThrow(() -> refusal);
        }
        try {
            cache.rememberCommit(name.revision(), commit);
            fetching.run(new Snapshot(cache, name, commit, progress));
            return cache.snapshot(commit);
        } catch (HubUnreachable fault) {
            throw HubRetry.unreachable(name, fault);
        }
    }

    private static Path fromCache(HubCache cache, String commit, HubName name, Exception fault) {
        LOG.warn("{}: {}; using the version in the cache, which may not be the newest", name, fault.getMessage());
        return cache.snapshot(commit);
    }

    private static boolean isComplete(HubCache cache, String commit) {
        return cache.has(commit, CheckpointFiles.CONFIG) && hasWeights(cache, commit);
    }

    private static boolean hasWeights(HubCache cache, String commit) {
        return CheckpointFiles.WEIGHTS.stream()
                .anyMatch(form -> cache.has(commit, form)
                        && (!form.endsWith(".json") || cache.has(commit, shards(cache, commit, form))));
    }

    private static Set<String> shards(HubCache cache, String commit, String index) {
        Path file = cache.snapshot(commit).resolve(index);
        return ShardedWeights.shardNames(file, Json.readObject(file));
    }

    private static InputException lacks(HubName name, String what) {
        return new InputException(name + ": has no " + what + ", so it cannot be loaded here; check the name");
    }

    /** One commit's files, and the way to those that are not here yet. */
    private final class Snapshot {
        private final HubCache cache;
        private final HubName name;
        private final String commit;
        private final Progress.Factory progress;

        Snapshot(HubCache cache, HubName name, String commit, Progress.Factory progress) {
            this.cache = cache;
            this.name = name;
            this.commit = commit;
            this.progress = progress;
        }

        void complete() throws HubUnreachable {
            if (!fetch(CheckpointFiles.CONFIG)) {
                throw lacks(name, CheckpointFiles.CONFIG);
            }
            fetch(CheckpointFiles.PREPROCESSOR);
            if (!hasWeights(cache, commit)) {
                fetchWeights();
            }
        }

        private void fetchWeights() throws HubUnreachable {
            for (String form : CheckpointFiles.WEIGHTS) {
                if (fetch(form)) {
                    if (form.endsWith(".json")) {
                        for (String shard : shards(cache, commit, form)) {
                            if (!fetch(shard)) {
                                throw lacks(name, shard + ", which its " + form + " names");
                            }
                        }
                    }
                    return;
                }
            }
            throw lacks(name, String.join(" or ", List.of(CheckpointFiles.SAFETENSORS, CheckpointFiles.PICKLE)));
        }

        /** Whether the model has the file; it is in the snapshot then. */
        private boolean fetch(String file) throws HubUnreachable {
            if (cache.has(commit, file)) {
                return true;
            }
            if (cache.isKnownToLack(commit, file)) {
                return false;
            }
            Optional<HubFile> described =
                    HubRetry.ask(ATTEMPTS, settings.firstPause(), () -> client.describe(name, commit, file));
            if (described.isEmpty()) {
                cache.rememberLack(commit, file);
                return false;
            }
            HubFile found = described.get();
            if (!found.commit().equals(commit)) {
                throw new HubUnreachable(
                        "answers with commit " + found.commit() + " where " + commit + " was asked for");
            }
            if (file.endsWith(".json") && found.size() > LARGEST_JSON) {
                throw new InputException(name + ": its " + file + " has " + found.size() + " bytes, too many for JSON");
            }
            new HubDownload(settings, client, cache, name, found, progress).run();
            return true;
        }
    }
}
