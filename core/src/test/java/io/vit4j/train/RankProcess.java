package io.vit4j.train;

import io.vit4j.JavaProcess;
import io.vit4j.base.InputException;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.parallel.RankFailedException;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A rank of a {@link RankedRun} in a process of its own. */
final class RankProcess {
    private final Process process;
    private final Path log;

    private RankProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** {@code OUTPUT RANKS LAYOUT NAME=VALUE...}: who this is says the environment. */
    public static void main(String[] args) {
        RankedRun run = new RankedRun(Path.of(args[0])).layout(Integer.parseInt(args[1]), args[2]);
        for (int i = 3; i < args.length; i++) {
            run.with(args[i].substring(0, args[i].indexOf('=')), args[i].substring(args[i].indexOf('=') + 1));
        }
        int code = 0;
        try {
            run.callback(new TrainerCallback() {
                        @Override
                        public void onStepEnd(TrainerState state, TrainerControl control) {
                            System.out.println("step " + state.globalStep());
                        }
                    })
                    .runRank(RankEnvironment.read(System.getenv()));
        } catch (InputException e) {
            System.err.println("FAULT " + e.getMessage());
            code = 2;
        } catch (RankFailedException e) {
            System.err.println("FAULT " + e.getMessage());
            code = 1;
        }
        System.exit(code);
    }

    /** Starts all ranks of a job. */
    static List<RankProcess> start(Path folder, int ranks, String layout, List<String> arguments) throws IOException {
        int port = RankThreads.freePort();
        List<RankProcess> started = new ArrayList<>();
        Files.createDirectories(folder);
        for (int rank = 0; rank < ranks; rank++) {
            List<String> command = new ArrayList<>(JavaProcess.command(
                    RankProcess.class,
                    List.of("-Xmx256m"),
                    folder.resolve("run").toString(),
                    Integer.toString(ranks),
                    layout));
            command.addAll(arguments);
            Path log = folder.resolve("rank-" + rank + ".log");
            ProcessBuilder builder = JavaProcess.quiet(new ProcessBuilder(command))
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment()
                    .putAll(Map.of(
                            "OMP_NUM_THREADS",
                            "1", // as torchrun gives its ranks
                            "RANK",
                            Integer.toString(rank),
                            "LOCAL_RANK",
                            Integer.toString(rank),
                            "WORLD_SIZE",
                            Integer.toString(ranks),
                            "MASTER_ADDR",
                            "127.0.0.1",
                            "MASTER_PORT",
                            Integer.toString(port)));
            started.add(new RankProcess(builder.start(), log));
        }
        return started;
    }

    long pid() {
        return process.pid();
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly();
    }

    String said() throws IOException {
        return Files.readString(log);
    }

    /** The exit code; -1 where it did not end in time, and was killed. */
    int await(long seconds) throws InterruptedException {
        if (process.waitFor(seconds, TimeUnit.SECONDS)) {
            return process.exitValue();
        }
        kill();
        return -1;
    }

    /** Waits until it has said that, at most two minutes. */
    void awaitSaying(String text) throws IOException, InterruptedException {
        for (int i = 0; i < 1200 && !said().contains(text); i++) {
            if (!process.isAlive()) {
                throw new IllegalStateException("ended with " + process.exitValue() + ": " + said());
            }
            Thread.sleep(100);
        }
    }
}
