package io.vit4j.report;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.JsonObject;
import io.vit4j.base.OpenFiles;
import io.vit4j.data.CsvTable;
import io.vit4j.metrics.Metrics;
import io.vit4j.train.TrainerCallback;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.checkpoint.TrainerState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that {@code --report-to} names, each appended to at every log entry: {@code tensorboard} writes event files
 * into {@code logging_dir} (by default {@code runs/} in the output folder) under transformers' tags; {@code csv} writes
 * {@code log.csv} (step, epoch, name, value); {@code jsonl} writes {@code log.jsonl}, one entry per line. A resumed run
 * continues in the same files, except that TensorBoard gets a new one.
 */
public final class LogFiles {
    /** The name of the file of {@code --report-to csv}. */
    public static final String CSV = "log.csv";
    /** The name of the file of {@code --report-to jsonl}. */
    public static final String JSON_LINES = "log.jsonl";

    private static final Logger LOG = LoggerFactory.getLogger(LogFiles.class);

    private LogFiles() {}

    /** One callback for each of the files that the arguments ask for. */
    public static List<TrainerCallback> of(TrainingArguments arguments) {
        List<String> kinds = arguments.reportTo();
        boolean all = kinds.contains("all");
        Path output = arguments.outputDir();
        List<TrainerCallback> callbacks = new ArrayList<>();
        if (all || kinds.contains("tensorboard")) {
            callbacks.add(tensorBoard(arguments.loggingDir()));
        }
        if (all || kinds.contains("csv")) {
            callbacks.add(csv(output.resolve(CSV)));
        }
        if (all || kinds.contains("jsonl")) {
            callbacks.add(jsonLines(output.resolve(JSON_LINES)));
        }
        return callbacks;
    }

    /** TensorBoard's event files in a folder. */
    static TrainerCallback tensorBoard(Path folder) {
        double started = now();
        Path file = folder.resolve("events.out.tfevents." + (long) started + ".vit4j-"
                + ProcessHandle.current().pid());
        return new Appending(file, TensorBoardEvents.version(started)) {
            @Override
            byte[] entry(TrainerState state, Metrics entry) {
                Map<String, Double> values = new LinkedHashMap<>();
                entry.values().forEach((name, value) -> values.put(tag(name), value));
                return TensorBoardEvents.scalars(now(), state.globalStep(), values);
            }
        };
    }

    static TrainerCallback csv(Path file) {
        return new Appending(file, "step,epoch,name,value\n".getBytes(StandardCharsets.UTF_8)) {
            @Override
            byte[] entry(TrainerState state, Metrics entry) {
                StringBuilder lines = new StringBuilder();
                entry.values()
                        .forEach((name, value) -> lines.append(CsvTable.line(List.of(
                                Long.toString(state.globalStep()),
                                Double.toString(state.epoch()),
                                name,
                                value.toString()))));
                return lines.toString().getBytes(StandardCharsets.UTF_8);
            }
        };
    }

    static TrainerCallback jsonLines(Path file) {
        return new Appending(file, new byte[0]) {
            @Override
            byte[] entry(TrainerState state, Metrics entry) {
                JsonObject line = JsonObject.empty()
                        .with("time", Instant.now().toString())
                        .with("step", state.globalStep())
                        .with("epoch", state.epoch())
                        .withNumbers(entry.values());
                return (line.line() + "\n").getBytes(StandardCharsets.UTF_8);
            }
        };
    }

    /** As transformers' {@code rewrite_logs}. */
    private static String tag(String name) {
        for (String prefix : List.of("eval_", "test_")) {
            if (name.startsWith(prefix)) {
                return prefix.substring(0, 4) + "/" + name.substring(prefix.length());
            }
        }
        return "train/" + name;
    }

    private static double now() {
        return System.currentTimeMillis() / 1000.0;
    }

    /** A file that grows by each log entry; one that cannot be written is a warning, never the end of a run. */
    private abstract static class Appending implements TrainerCallback {
        private final Path file;
        private final byte[] beginning;
        private boolean failed;

        Appending(Path file, byte[] beginning) {
            this.file = file;
            this.beginning = beginning;
        }

        abstract byte[] entry(TrainerState state, Metrics entry);

        @Override
        public void onLog(TrainerState state, Metrics entry) {
            if (!failed) {
                try {
                    append(entry(state, entry));
                } catch (IOException e) {
                    failed = true;
                    warn(InputException.in(file, "cannot be written (" + IoReason.of(e) + ")"));
                } catch (InputException e) {
                    failed = true;
                    warn(e);
                }
            }
        }

        private static void warn(InputException fault) {
            LOG.warn("{}; the run continues without it", fault.getMessage());
        }

        private void append(byte[] bytes) throws IOException {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (FileChannel out = OpenFiles.append(file)) {
                if (out.size() == 0) {
                    out.write(ByteBuffer.wrap(beginning));
                }
                ByteBuffer rest = ByteBuffer.wrap(bytes);
                while (rest.hasRemaining()) {
                    out.write(rest);
                }
            }
        }
    }
}
