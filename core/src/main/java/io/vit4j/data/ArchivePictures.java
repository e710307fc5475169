package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.image.Picture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The pictures of an archive that can only be read from start to end: one pass, in which every picture wanted is decoded,
 * resized and laid into a {@link PictureSpool}, from which they are then taken in the rows' order.
 */
final class ArchivePictures implements RowPictures {
    private final PictureSpool spool;
    private final Map<Integer, String> faults = new ConcurrentHashMap<>();
    private final String description;

    ArchivePictures(
            PreparePlan plan,
            PrepareOptions options,
            ImageSource.InOrder archive,
            int firstRow,
            Progress.Factory progress)
            throws IOException {
        DatasetInfo info = options.info(plan.vocabulary());
        String digest = PreparePlan.digest(
                options.settingsDigest(info) + plan.digest(0, plan.rows().size()));
        this.description = archive.description();
        this.spool = new PictureSpool(options.output, digest, plan.rows().size(), info.height(), info.width());
        try {
            fill(plan, options, archive, firstRow, progress);
        } catch (RuntimeException e) {
            spool.close();
            throw e;
        }
    }

    private void fill(
            PreparePlan plan,
            PrepareOptions options,
            ImageSource.InOrder archive,
            int firstRow,
            Progress.Factory progress) {
        RowOfFile rowOf = new RowOfFile(plan, firstRow);
        int missing = 0;
        for (int row = firstRow; row < plan.rows().size(); row++) {
            missing += spool.has(row) ? 0 : 1;
        }
        if (missing == 0) {
            return;
        }
        ExecutorService workers = Executors.newFixedThreadPool(options.workers, task -> {
            Thread thread = new Thread(task, "prepare-archive");
            thread.setDaemon(true);
            return thread;
        });
        Semaphore room = new Semaphore(2 * options.workers); // files read but not yet decoded
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (Progress bar = progress.start("Reading archives", plan.rows().size() - firstRow)) {
            archive.forEach(rowOf::isNew, (name, bytes) -> {
                int row = rowOf.take(name);
                bar.advance(1);
                if (spool.has(row)) {
                    return;
                }
                acquire(room);
                workers.execute(() -> {
                    try {
                        spool.put(row, options.reader().read(bytes, name));
                    } catch (InputException e) {
                        faults.put(row, e.getMessage());
                    } catch (RuntimeException | Error e) {
                        failure.compareAndSet(null, e);
                    } finally {
                        room.release();
                    }
                });
                rethrow(failure.get());
            });
            workers.shutdown();
            if (!workers.awaitTermination(1, TimeUnit.HOURS)) {
                throw new IllegalStateException("a picture takes more than an hour");
            }
            rethrow(failure.get());
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            workers.shutdownNow();
        }
        rowOf.ambiguous.forEach((row, names) -> faults.put(row, "several files of that name: " + names));
    }

    private static void acquire(Semaphore room) {
        try {
            room.acquire();
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static CancellationException interrupted() {
        Thread.currentThread().interrupt();
        return new CancellationException("interrupted; the same command continues where it stopped");
    }

    private static void rethrow(Throwable failure) {
        if (failure instanceof UncheckedIOException e) {
            throw e;
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }

    @Override
    public Picture read(int row) {
        String fault = faults.get(row);
        if (fault != null) {
            throw new InputException(fault);
        }
        if (!spool.has(row)) {
            throw new InputException("not in " + description);
        }
        return spool.get(row);
    }

    @Override
    public boolean isMissing(int row) {
        return !spool.has(row) && !faults.containsKey(row);
    }

    @Override
    public void close() {
        spool.close();
    }

    /** Finds the row that an archive's file belongs to, by the rules of {@link ImageNames} read backwards. */
    private static final class RowOfFile {
        private final Map<String, Integer> rowOf = new HashMap<>();
        private final ImageNames images;
        private final Map<Integer, String> takenBy = new HashMap<>();
        private final Map<Integer, String> ambiguous = new HashMap<>();

        RowOfFile(PreparePlan plan, int firstRow) {
            for (int row = firstRow; row < plan.rows().size(); row++) {
                rowOf.put(plan.rows().get(row).row().image(), row);
            }
            images = new ImageNames(rowOf.keySet());
        }

        private Optional<Integer> find(String path) {
            return images.find(path)
                    .or(() -> images.isAmbiguous(path) ? Optional.empty() : images.find(ImageNames.stem(path)))
                    .map(rowOf::get);
        }

        boolean isNew(String path) {
            Optional<Integer> row = find(path);
            if (row.isEmpty()) {
                return false;
            }
            String earlier = takenBy.get(row.get());
            if (earlier != null) {
                ambiguous.put(row.get(), earlier + ", " + path);
            }
            return earlier == null;
        }

        int take(String path) {
            int row = find(path).orElseThrow();
            takenBy.put(row, path);
            return row;
        }
    }
}
