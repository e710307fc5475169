package io.vit4j.spark;

import io.vit4j.FineTuneRequest;
import io.vit4j.Tuned;
import io.vit4j.Vit4j;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Progress;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.parallel.RankFailedException;
import io.vit4j.torch.Device;
import io.vit4j.torch.TorchRuntime;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.arguments.TrainingArgumentsBuilder;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.BarrierTaskInfo;
import org.apache.spark.SparkEnv;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One rank of a training job: a task of a barrier stage. */
final class RankTask {
    private static final Logger LOG = LoggerFactory.getLogger(RankTask.class);
    private static final String DONE = "done ";
    private static final String MENDABLE = "mendable ";
    private static final String FAILED = "failed ";

    private final RankSettings settings;
    private final BarrierTaskContext context = BarrierTaskContext.get();
    private final int rank = context.partitionId();
    private final Path folder;
    private final Path attempt;
    private final Path output;
    private final RunFolder remote;

    private RankTask(RankSettings settings) {
        this.settings = settings;
        folder = LocalFolders.pathOfUser(settings.localDir()).resolve("job-" + settings.job());
        attempt = folder.resolve("attempt-" + context.stageAttemptNumber());
        output = attempt.resolve("output");
        remote = new RunFolder(settings.output());
    }

    /**
     * Trains.
     *
     * @return empty if the model is tuned; else what the user has to mend, for which Spark need not try again
     */
    static String run(RankSettings settings) {
        return new RankTask(settings).run();
    }

    private String run() {
        try {
            List<String> told = together(this::prepare);
            together(() -> train(told));
            return "";
        } catch (InputException e) {
            return e.getMessage();
        } finally {
            LocalFolders.delete(attempt); // what another attempt has on this machine is not this one's
            LocalFolders.deleteIfEmpty(folder);
        }
    }

    /**
     * Does a part of the work, at whose end all ranks meet. If one of them fails, none goes on: all throw what the user has to mend, if
     * there is such a thing, and Spark does not try again.
     *
     * @return what each rank's work came to
     */
    private List<String> together(Supplier<String> work) {
        String end;
        Runnable throwOwn = () -> {};
        try {
            end = DONE + work.get();
        } catch (InputException e) {
            end = MENDABLE + e.getMessage();
        } catch (RuntimeException | Error e) {
            end = FAILED + e;
            throwOwn = () -> {
                throw e;
            };
        }
        List<String> ends = List.of(context.allGather(end));
        first(MENDABLE, ends).ifPresent(mendable -> {
            throw new InputException(mendable);
        });
        throwOwn.run();
        first(FAILED, ends).ifPresent(failed -> {
            throw new RankFailedException("another rank failed: " + failed);
        });
        return ends.stream().map(each -> each.substring(DONE.length())).toList();
    }

    private static Optional<String> first(String kind, List<String> ends) {
        return ends.stream()
                .filter(each -> each.startsWith(kind))
                .findFirst()
                .map(each -> each.substring(kind.length()));
    }

    private boolean resumes() {
        return settings.resumes() || context.stageAttemptNumber() > 0;
    }

    /**
     * Copies what training needs to this machine.
     *
     * @return the executor that this rank is in; rank 0 adds a port
     */
    private String prepare() {
        LocalFolders.ofUser(settings.localDir());
        LocalFolders.copy(settings.dataset(), settings.datasetName(), settings.localDir());
        settings.start().here();
        if (rank == 0 && resumes()) {
            remote.fetchNewest(output);
        }
        return executor() + " " + (rank == 0 ? freePort() : "");
    }

    private static String executor() {
        return SparkEnv.get().executorId();
    }

    private String train(List<String> told) {
        BarrierTaskInfo[] ranks = context.getTaskInfos();
        List<String> hosts = Arrays.stream(ranks)
                .map(info -> info.address().replaceFirst(":\\d+$", ""))
                .toList();
        String here = executor() + " ";
        if (told.stream().filter(other -> other.startsWith(here)).count() > 1) {
            TorchRuntime.useOneThreadHere(); // ranks in one process would wait for the same threads of libtorch
        }
        RankEnvironment self = new RankEnvironment(
                rank,
                (int) IntStream.range(0, rank)
                        .filter(other -> hosts.get(other).equals(hosts.get(rank)))
                        .count(),
                ranks.length,
                hosts.get(0),
                Integer.parseInt(told.get(0).split(" ")[1]));
        TrainingArguments arguments = arguments();
        FineTuneRequest request = Vit4j.fineTune(settings.start().here())
                .on(LocalFolders.copy(settings.dataset(), settings.datasetName(), settings.localDir()))
                .rank(self)
                .device(device(arguments, self))
                .replaceClassifier(settings.replacesClassifier())
                .callback(new Uploading(remote, arguments))
                .absentCheckpoints(remote::fetch)
                .arguments(arguments);
        LOG.info("Rank {} of {}, on {}", rank, ranks.length, hosts.get(rank));
        Tuned tuned = request.run(Progress.NONE);
        if (rank == 0) {
            remote.publish(tuned.folder());
        }
        return "";
    }

    private TrainingArguments arguments() {
        JsonObject given = JsonObject.parse(settings.arguments(), "arguments");
        TrainingArgumentsBuilder builder = TrainingArguments.builder().read(given);
        if (!given.has("threads")) {
            builder.set("threads", context.cpus());
        }
        if (!settings.parallel().isEmpty()) {
            Path config = LocalFolders.once(
                    attempt.resolve("config"),
                    into -> Files.writeString(into.resolve(ParallelConfig.FILE_NAME), settings.parallel()));
            builder.set("parallel", config.toString());
        }
        if (resumes()) {
            builder.set("resume_from_checkpoint", true);
        }
        return builder.outputDir(output)
                .set("rendezvous_secret", secret().toString())
                .build();
    }

    private Path secret() {
        Path file = attempt.resolve("secret-" + rank);
        try {
            Files.createDirectories(attempt);
            try (FileChannel out = OpenFiles.replace(
                    file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                out.write(ByteBuffer.wrap(settings.secret().getBytes(StandardCharsets.UTF_8)));
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The GPU that Spark gave this task, if GPUs are among the cluster's resources. */
    private Device device(TrainingArguments arguments, RankEnvironment self) {
        if (arguments.useCpu()) {
            return Device.CPU;
        }
        return context.resourcesJMap().containsKey("gpu")
                ? Device.parse("cuda:" + context.resourcesJMap().get("gpu").addresses()[0])
                : Device.parse("auto", self.localRank());
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Brings each checkpoint to the shared folder; called on rank 0 only. */
    private record Uploading(RunFolder remote, TrainingArguments arguments) implements TrainerCallback {
        @Override
        public void onSave(TrainerState state, Path checkpoint) {
            remote.upload(checkpoint);
            arguments
                    .saveTotalLimit()
                    .ifPresent(limit -> remote.rotate(limit, checkpoint, state.bestModelCheckpoint()));
        }
    }
}
