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
import java.util.stream.IntStream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.BarrierTaskInfo;
import org.apache.spark.SparkEnv;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One rank of a training job: a task of a barrier stage. */
final class RankTask {
    private static final Logger LOG = LoggerFactory.getLogger(RankTask.class);
    private static final String MENDABLE = "mendable ";
    private static final String LOST = "lost ";
    private static final String DONE = "done";

    private final RankSettings settings;
    private final BarrierTaskContext context = BarrierTaskContext.get();
    private final int rank = context.partitionId();
    private final Path folder;

    private RankTask(RankSettings settings) {
        this.settings = settings;
        folder = LocalFolders.ofUser(settings.localDir()).resolve("job-" + settings.job());
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
        Path attempt = folder.resolve("attempt-" + context.stageAttemptNumber());
        String end = DONE;
        RuntimeException failure = null;
        try {
            train(attempt);
        } catch (InputException e) {
            end = MENDABLE + e.getMessage();
        } catch (RankFailedException e) {
            failure = e;
            end = LOST + e.getMessage();
        }
        // A rank that fails tells the others, and each tells what it knows: only if no user can mend it is it tried
        // again.
        String[] ends = context.allGather(end);
        LocalFolders.delete(folder);
        Optional<String> mendable = Arrays.stream(ends)
                .filter(each -> each.startsWith(MENDABLE))
                .findFirst()
                .map(each -> each.substring(MENDABLE.length()));
        if (mendable.isPresent()) {
            return mendable.get();
        }
        if (failure != null) {
            throw failure;
        }
        return "";
    }

    private void train(Path attempt) {
        Path dataset = LocalFolders.copy(settings.dataset(), settings.datasetName(), settings.localDir());
        String checkpoint = settings.start().here();
        BarrierTaskInfo[] ranks = context.getTaskInfos();
        List<String> hosts = Arrays.stream(ranks)
                .map(info -> info.address().replaceFirst(":\\d+$", ""))
                .toList();
        boolean resumes = settings.resumes() || context.stageAttemptNumber() > 0;
        RunFolder remote = new RunFolder(settings.output());
        Path output = attempt.resolve("output");
        String newest = rank == 0 && resumes ? remote.fetchNewest(output) : "";
        String executor = SparkEnv.get().executorId();
        String[] told = context.allGather(executor + " " + (rank == 0 ? freePort() + " " + newest : ""));
        String[] first = told[0].split(" ", -1);
        if (rank != 0 && !first[2].isEmpty()) {
            remote.fetch(first[2], output);
        }
        if (Arrays.stream(told)
                        .filter(other -> other.startsWith(executor + " "))
                        .count()
                > 1) {
            TorchRuntime.useOneThreadHere(); // ranks in one process would wait for the same threads of libtorch
        }
        RankEnvironment self = new RankEnvironment(
                rank,
                (int) IntStream.range(0, rank)
                        .filter(other -> hosts.get(other).equals(hosts.get(rank)))
                        .count(),
                ranks.length,
                hosts.get(0),
                Integer.parseInt(first[1]));
        TrainingArguments arguments = arguments(attempt, output, resumes);
        requireSharedIfNeeded(arguments, hosts);
        FineTuneRequest request = Vit4j.fineTune(checkpoint)
                .on(dataset)
                .rank(self)
                .device(device(arguments, self))
                .replaceClassifier(settings.replacesClassifier())
                .callback(new Uploading(remote, arguments))
                .arguments(arguments);
        LOG.info("Rank {} of {}, on {}", rank, ranks.length, hosts.get(rank));
        Tuned tuned = request.run(Progress.NONE);
        if (rank == 0) {
            remote.publish(tuned.folder());
        }
    }

    /** The copy of a checkpoint that evaluates best is on the machine of rank 0. */
    private static void requireSharedIfNeeded(TrainingArguments arguments, List<String> hosts) {
        if (arguments.loadBestModelAtEnd() && hosts.stream().distinct().count() > 1) {
            throw new InputException(
                    "load_best_model_at_end: the ranks are on several machines, and only that of rank 0"
                            + " has all checkpoints; leave it out, and take the best checkpoint from the output folder");
        }
    }

    private TrainingArguments arguments(Path attempt, Path output, boolean resumes) {
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
        if (resumes) {
            builder.set("resume_from_checkpoint", true);
        }
        return builder.outputDir(output)
                .set("rendezvous_secret", secret(attempt).toString())
                .build();
    }

    private Path secret(Path attempt) {
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
            if (arguments.saveTotalLimit().isPresent()) {
                remote.removeOthers(arguments.outputDir());
            }
        }
    }
}
