package io.vit4j.train.checkpoint;

import io.vit4j.base.InputException;
import io.vit4j.train.arguments.TrainingArguments;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.BiConsumer;
import java.util.function.DoubleSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves a run's checkpoints while it goes on: between two steps the state is copied, and another thread writes the copy.
 * One is written at a time; what became of it is learned on the training thread, at the end of a later step.
 */
public final class Saving implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Saving.class);
    private static final double NANOS = 1e9;

    private final TrainerFiles files;
    private final boolean writes;
    private final StateSource source;
    private final TrainingArguments.OnSaveError onError;
    private final BiConsumer<TrainerState, Path> onSaved;
    private final ExecutorService writer = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "vit4j-saving");
        thread.setDaemon(true); // the trainer waits for it; who ends the JVM before that finds the checkpoint before
        return thread;
    });
    private boolean inBackground;
    private Optional<PendingCheckpoint> pending = Optional.empty();
    private int saved;
    private long stoodStill;

    /**
     * A checkpoint that is being written.
     *
     * @param bestBefore what the state named as its best checkpoint before this one
     */
    private record PendingCheckpoint(Path folder, Optional<String> bestBefore, Future<?> written) {}

    /**
     * @param writes whether this rank does; the others only give their part of the state
     * @param inBackground whether there is memory for a copy of the state
     * @param onSaved told of each checkpoint that is whole on disk
     */
    public Saving(
            TrainerFiles files,
            boolean writes,
            StateSource source,
            boolean inBackground,
            TrainingArguments.OnSaveError onError,
            BiConsumer<TrainerState, Path> onSaved) {
        this.files = files;
        this.writes = writes;
        this.source = source;
        this.inBackground = inBackground;
        this.onError = onError;
        this.onSaved = onSaved;
    }

    /**
     * Begins a checkpoint of the run as it stands.
     *
     * @param best whether its evaluation is the best so far
     */
    public void begin(TrainerState state, boolean best) {
        if (!writes) {
            source.copy();
            return;
        }
        long start = System.nanoTime();
        settle(state);
        Optional<String> bestBefore = state.bestModelCheckpoint();
        if (best) {
            state.bestCheckpoint(Optional.of(Checkpoint.name(state.globalStep())));
        }
        TrainerFiles.Draft draft = files.draft(state, tensors());
        FutureTask<Void> task = new FutureTask<>(() -> files.write(draft), null);
        pending = Optional.of(new PendingCheckpoint(draft.folder(), bestBefore, task));
        if (inBackground) {
            writer.execute(task);
        } else {
            task.run();
            settle(state);
        }
        stoodStill += System.nanoTime() - start;
    }

    private StateSnapshot tensors() {
        if (inBackground) {
            try {
                return source.copy();
            } catch (InputException e) {
                LOG.warn("From now on, training pauses while a checkpoint is written: {}", e.getMessage());
                inBackground = false;
            }
        }
        return source.look();
    }

    /** Takes note of a checkpoint that has been written meanwhile, and of one that could not be. */
    public void look(TrainerState state) {
        if (pending.isPresent() && pending.get().written().isDone()) {
            settle(state);
        }
    }

    /** Waits until the last checkpoint is on disk, and says what saving has cost. */
    public void finish(TrainerState state, DoubleSupplier trainSeconds) {
        long start = System.nanoTime();
        settle(state);
        stoodStill += System.nanoTime() - start;
        if (saved > 0) {
            LOG.info(
                    "Checkpoints saved: {}; training paused for {} s in total, {} of its time",
                    saved,
                    String.format(Locale.ROOT, "%.2f", seconds()),
                    String.format(Locale.ROOT, "%.2f%%", 100 * seconds() / trainSeconds.getAsDouble()));
        }
    }

    /** Seconds in which training stood still for saving. */
    public double seconds() {
        return stoodStill / NANOS;
    }

    private void settle(TrainerState state) {
        if (pending.isEmpty()) {
            return;
        }
        PendingCheckpoint last = pending.get();
        Optional<Throwable> failure = await();
        pending = Optional.empty();
        if (failure.isPresent()) {
            state.bestCheckpoint(last.bestBefore());
            failed(failure.get());
        } else {
            saved++;
            onSaved.accept(state, last.folder());
        }
    }

    private void failed(Throwable cause) {
        if (cause instanceof InputException e && onError == TrainingArguments.OnSaveError.CONTINUE) {
            LOG.warn("The checkpoint was not saved; training continues (--on-save-error continue): {}", e.getMessage());
            return;
        }
        if (cause instanceof Error e) {
            throw e;
        }
        throw (RuntimeException) cause;
    }

    /**
     * Waits until nothing is being written; an interrupted thread waits too, and stays interrupted.
     *
     * @return what went wrong
     */
    public Optional<Throwable> await() {
        boolean interrupted = false;
        try {
            while (pending.isPresent()) {
                try {
                    pending.get().written().get();
                    return Optional.empty();
                } catch (ExecutionException e) {
                    return Optional.of(e.getCause());
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return Optional.empty();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        await();
        writer.shutdown();
        source.close();
    }
}
