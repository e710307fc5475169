package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ImageSource;
import io.vit4j.data.LabelTable;
import io.vit4j.data.PrepareDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Sample;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.FolderManifest;
import io.vit4j.image.Picture;
import io.vit4j.model.Pretrained;
import io.vit4j.torch.Device;
import io.vit4j.train.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code bench/bit-flips --flips N [--seed S]}: flips single bits of the files of a checkpoint and of a tuned model, each as
 * often as every other, and of a data set, mostly of its Arrow file, one at a time, and reads them. A flip is recognised where reading is
 * refused, and harmless where everything read is as it was; anything else is at fault.
 */
public final class BitFlips {
    private static final Set<String> OF_THE_MODEL =
            Set.of(CheckpointFiles.CONFIG, CheckpointFiles.PREPROCESSOR, CheckpointFiles.SAFETENSORS);
    private static final String DIFFERENT = "different";
    private static final String REFUSED = "refused";

    private final RandomKey.Stream chance;
    private final Path output;
    private final Path dataset;
    private final List<Object> content;
    private final List<String> faults = new ArrayList<>();
    private int recognised;
    private int harmless;

    /** @param folder where checkpoint and data set are made */
    BitFlips(Path folder, long seed) throws IOException {
        chance = RandomKey.of(seed).stream();
        output = folder.resolve("run");
        new TinyRun(output).with("dataloader_num_workers", "0").run();
        dataset = folder.resolve("dataset");
        prepare(dataset);
        content = content(Optional.empty());
    }

    /** 200 pictures of noise, with all that a data set's folder can hold. */
    private static void prepare(Path dataset) {
        List<LabelTable.LabelRow> rows = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            List<String> labels = i % 3 == 0 ? List.of("Mass", "Edema") : List.of("Mass");
            String patient = "patient " + i / 2;
            rows.add(new LabelTable.LabelRow(
                    i + 2, i + ".png", labels, List.of(), Optional.of(patient), Optional.empty(), List.of(patient)));
        }
        rows.add(new LabelTable.LabelRow(
                202, "absent.png", List.of("Mass"), List.of(), Optional.empty(), Optional.empty(), List.of("")));
        LabelTable table = new LabelTable("labels", ProblemType.MULTI_LABEL, List.of(), List.of("patient"), rows);
        PrepareDataset.builder(table, new Noise(), dataset)
                .pictures(
                        (bytes, name) -> new Picture(16, 16, 1, bytes),
                        16,
                        16,
                        16,
                        16,
                        JsonObject.empty(),
                        JsonObject.empty())
                .onBadImage(PrepareDataset.OnBadImage.SKIP)
                .run(Progress.NONE);
    }

    private static final class Noise implements ImageSource.ByName {
        @Override
        public List<String> names() {
            return IntStream.range(0, 200).mapToObj(i -> i + ".png").toList();
        }

        @Override
        public byte[] read(String name) {
            byte[] pixels = new byte[256];
            new Random(name.hashCode()).nextBytes(pixels);
            return pixels;
        }

        @Override
        public String fingerprint(String name) {
            return name;
        }

        @Override
        public String description() {
            return "noise";
        }
    }

    void flip(int count) throws IOException {
        Checkpoint checkpoint = Checkpoint.newestWhole(output).orElseThrow();
        List<Path> ofCheckpoint = files(checkpoint.folder());
        List<Path> ofModel = new ArrayList<>(List.of(output.resolve(FolderManifest.FILE)));
        FolderManifest.of(output).orElseThrow().files().keys().forEach(name -> ofModel.add(output.resolve(name)));
        Path arrow = dataset.resolve(ArrowDataset.FILE);
        List<Path> besideIt = new ArrayList<>(files(dataset));
        besideIt.remove(arrow);
        for (int i = 0; i < count; i++) {
            int turn = i / 3;
            Path file = switch (i % 3) {
                case 0 -> ofCheckpoint.get(turn % ofCheckpoint.size());
                case 1 -> ofModel.get(turn % ofModel.size());
                default -> turn % 8 > 0 ? arrow : besideIt.get(turn / 8 % besideIt.size());
            };
            byte[] sound = Files.readAllBytes(file);
            byte[] flipped = sound.clone();
            int at = chance.nextInt(sound.length);
            int bit = chance.nextInt(8);
            flipped[at] ^= (byte) (1 << bit);
            Files.write(file, flipped);
            String what = "bit " + bit + " of byte " + at + " of " + file;
            switch (i % 3) {
                case 0 -> readCheckpoint(checkpoint, file, what);
                case 1 -> readModel(file, what);
                default -> readDataset(what);
            }
            Files.write(file, sound);
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toFile().length() > 0)
                    .sorted()
                    .toList();
        }
    }

    /** As a run that is resumed does first, whatever it then needs; and as all do that load the model. */
    private void readCheckpoint(Checkpoint checkpoint, Path file, String what) {
        boolean named = checkpoint
                .damage()
                .filter(damage -> damage.contains(file.getFileName().toString()))
                .isPresent();
        boolean passedOver = !Checkpoint.newestWhole(output).equals(Optional.of(checkpoint));
        boolean refused = isRefused(() -> Checkpoint.open(checkpoint.folder()));
        count(named && passedOver && refused && isRefusedWhereLoaded(checkpoint.folder(), file), what);
    }

    /** As {@code vit4j check} does, and as all do that load the model. */
    private void readModel(Path file, String what) {
        String said = refusal(() -> FolderManifest.of(output)
                        .flatMap(FolderManifest::damage)
                        .ifPresent(damage -> {
                            throw new InputException(damage);
                        }))
                .orElse("");
        count(said.contains(file.getFileName().toString()) && isRefusedWhereLoaded(output, file), what);
    }

    private static boolean isRefusedWhereLoaded(Path folder, Path file) {
        boolean loads = OF_THE_MODEL.contains(file.getFileName().toString());
        return !loads
                || isRefused(() -> Pretrained.load(folder, Pretrained.Options.asItIs(Device.CPU))
                        .model()
                        .close());
    }

    private void count(boolean isRecognised, String what) {
        if (isRecognised) {
            recognised++;
        } else {
            faults.add(what);
        }
    }

    private static boolean isRefused(Runnable reading) {
        return refusal(reading).isPresent();
    }

    private static Optional<String> refusal(Runnable reading) {
        try {
            reading.run();
            return Optional.empty();
        } catch (InputException e) {
            return Optional.of(e.getMessage());
        }
    }

    private void readDataset(String what) {
        List<Object> read = content(Optional.of(content));
        if (read.equals(content)) {
            harmless++;
        } else if (read.contains(DIFFERENT)) {
            faults.add(what);
        } else {
            recognised++;
        }
    }

    /**
     * Everything that can be read of the data set, one after the other; where it should be the same as before, what is
     * refused and what is different without being refused.
     */
    private List<Object> content(Optional<List<Object>> before) {
        List<Object> read = new ArrayList<>();
        try (ArrowDataset data = ArrowDataset.open(dataset)) {
            read.add(data.info());
            for (int row = 0; row < data.size(); row++) {
                int at = row;
                read.add(compared(before, read.size(), () -> data.splitOf(at) + data.column("patient", at)));
                read.add(compared(before, read.size(), () -> Arrays.toString(data.labels(at))));
                read.add(compared(before, read.size(), () -> text(data.get(at))));
            }
        } catch (InputException e) {
            return List.of(REFUSED);
        }
        return read;
    }

    private static Object compared(Optional<List<Object>> before, int place, Supplier<String> reading) {
        try {
            String now = reading.get();
            return before.isEmpty() || before.get().get(place).equals(now) ? now : DIFFERENT;
        } catch (InputException e) {
            return REFUSED;
        }
    }

    private static String text(Sample sample) {
        return sample.file()
                + Arrays.toString(sample.labels())
                + Arrays.toString(sample.picture().pixels());
    }

    List<String> faults() {
        return faults;
    }

    int recognised() {
        return recognised;
    }

    int harmless() {
        return harmless;
    }

    public static void main(String[] args) throws IOException {
        int flips = 1000;
        long seed = 1;
        for (int i = 0; i + 1 < args.length; i += 2) {
            switch (args[i]) {
                case "--flips" -> flips = Integer.parseInt(args[i + 1]);
                case "--seed" -> seed = Long.parseLong(args[i + 1]);
                default -> {
                    System.err.println("bit-flips --flips N [--seed S]");
                    System.exit(2);
                }
            }
        }
        Path folder = Files.createTempDirectory("vit4j-flips");
        BitFlips bits = new BitFlips(folder, seed);
        bits.flip(flips);
        System.out.printf(
                "%,d bits flipped: %,d recognised at the first read, %,d harmless (in files that nothing reads back), %d at fault%n",
                flips, bits.recognised, bits.harmless, bits.faults.size());
        bits.faults.forEach(System.err::println);
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
        System.exit(bits.faults.isEmpty() ? 0 : 1);
    }
}
