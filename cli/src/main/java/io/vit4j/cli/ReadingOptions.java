package io.vit4j.cli;

import io.vit4j.base.ByteSize;
import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.DatasetInfo;
import io.vit4j.model.ModelDefinition;
import io.vit4j.parallel.Hardware;
import io.vit4j.parallel.Plan;
import io.vit4j.parallel.ReadingPlan;
import io.vit4j.parallel.ReadingPlan.Epochs;
import io.vit4j.parallel.ReadingPlan.Reading;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The data that a planned training reads: options of {@code plan}, and what it prints of them. */
final class ReadingOptions {
    private static final int COLOURS = 3;
    private static final double HOUR = 3600;

    @Option(
            names = "--dataset",
            paramLabel = "DATASET",
            description =
                    "Plan reading, too: the pictures of this data set. With --measure, the loader's rate is measured on it.")
    private Optional<Path> dataset;

    @Option(
            names = "--pictures",
            paramLabel = "N",
            description = "The same for so many pictures, of the model's size unless there is a --dataset.")
    private Optional<Long> pictures;

    @Option(
            names = "--num-train-epochs",
            paramLabel = "X",
            defaultValue = "3",
            description = "Passes over the pictures. Default: ${DEFAULT-VALUE}.")
    private double epochs;

    @Option(
            names = "--shard-size",
            paramLabel = "SIZE",
            defaultValue = "512MB",
            description = "Size of the data set's files, as in prepare. Default: ${DEFAULT-VALUE}.")
    private String shardSize;

    @Option(
            names = "--train-sampling-strategy",
            paramLabel = "random|sharded",
            defaultValue = "random",
            description = "Order of the pictures, as in train. Default: ${DEFAULT-VALUE}.")
    private Order order;

    private enum Order {
        RANDOM,
        SHARDED
    }

    Optional<Path> dataset() {
        return dataset;
    }

    /** What is read; empty if neither a data set nor a number of pictures is given. */
    Optional<ReadingPlan> of(ModelDefinition model) {
        if (dataset.isEmpty() && pictures.isEmpty()) {
            return Optional.empty();
        }
        if (pictures.orElse(1L) < 1 || !(epochs > 0 && epochs < 1e9)) {
            throw new InputException("--pictures must be 1 or more, and --num-train-epochs above 0");
        }
        long shard = ByteSize.parse("--shard-size", shardSize);
        boolean sharded = order == Order.SHARDED;
        if (dataset.isPresent()) {
            try (ArrowDataset data = ArrowDataset.open(dataset.get())) {
                DatasetInfo info = data.info();
                return Optional.of(new ReadingPlan(
                        pictures.orElse((long) data.size()), info.pictureBytes(), shard, epochs, sharded));
            }
        }
        long bytes = (long) model.imageHeight() * model.imageWidth() * COLOURS;
        return Optional.of(new ReadingPlan(pictures.get(), bytes, shard, epochs, sharded));
    }

    static JsonObject json(ReadingPlan data, Reading reading) {
        return JsonObject.empty()
                .with("pictures", data.pictures())
                .with("picture_bytes", data.pictureBytes())
                .with("data_bytes", reading.dataBytes())
                .with("shards", reading.shards())
                .with("epochs", data.epochs())
                .with("machines", reading.machines())
                .with("compute_seconds", reading.computeSeconds())
                .with("load_seconds", reading.loadSeconds())
                .with("copy_seconds", reading.copySeconds())
                .with("copy_fits", reading.fits())
                .with("copied", json(reading.copied()))
                .with("shared", json(reading.shared()));
    }

    private static JsonObject json(Epochs epochs) {
        return JsonObject.empty()
                .with("first_read_seconds", epochs.firstReadSeconds())
                .with("next_read_seconds", epochs.nextReadSeconds())
                .with("seconds", epochs.seconds());
    }

    static List<String> lines(ReadingPlan data, Plan.Prediction step, Hardware hardware) {
        Reading reading = data.predict(step, hardware);
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%,d pictures of %,d bytes: %.1f GiB, in %,d files of at most %.0f MiB, read by %d machine%s, %s epochs:",
                data.pictures(),
                data.pictureBytes(),
                reading.dataBytes() / (double) (1 << 30),
                reading.shards(),
                data.shardBytes() / (double) (1 << 20),
                reading.machines(),
                reading.machines() == 1 ? "" : "s",
                new BigDecimal(data.epochs()).stripTrailingZeros().toPlainString()));
        lines.add(String.format(
                Locale.ROOT,
                "  an epoch          computing %s, making batches %s",
                time(reading.computeSeconds()),
                time(reading.loadSeconds())));
        lines.add("  from the storage  " + describe(reading.shared()) + " in all");
        lines.add(String.format(
                Locale.ROOT,
                "  from copies       %s and %s to copy%s",
                describe(reading.copied()),
                time(reading.copySeconds()),
                reading.fits() ? "" : ", but a machine's disk has no room for one"));
        return lines;
    }

    private static String describe(Epochs epochs) {
        return String.format(
                Locale.ROOT,
                "reading %s, then %s an epoch; %s",
                time(epochs.firstReadSeconds()),
                time(epochs.nextReadSeconds()),
                time(epochs.seconds()));
    }

    private static String time(double seconds) {
        return seconds >= HOUR
                ? String.format(Locale.ROOT, "%.1f h", seconds / HOUR)
                : String.format(Locale.ROOT, seconds < 100 ? "%.1f s" : "%.0f s", seconds);
    }
}
