package io.vit4j.fuzz;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Tries one target with inputs made of others. One that runs code which none before it ran, or runs it much more often,
 * becomes an input to make others of.
 */
final class Fuzzer {
    private static final int MOST_FAULTS_KEPT = 100;

    private final Target target;
    private final Path folder;
    private final Random random;
    private final Mutator mutator;
    private final List<byte[]> corpus = new ArrayList<>();
    private final byte[] seen = Coverage.nothingSeen();
    private final Map<String, byte[]> faults = new HashMap<>();
    private final MappedByteBuffer current;

    private long inputs;
    private long refused;
    private long longestNanos;
    private long mostAllocated;

    /** What is being read, and since when; for {@link Watch}. */
    private volatile long since = Long.MAX_VALUE;

    /** @param folder for inputs at fault; and for the current one, which is found there if the JVM crashes */
    Fuzzer(Target target, Path folder, long seed) throws IOException {
        this.target = target;
        this.folder = Files.createDirectories(folder);
        this.random = new Random(seed ^ target.name().hashCode());
        this.mutator = new Mutator(random, target.dictionary(), target.longestInput());
        try (FileChannel file = FileChannel.open(
                folder.resolve(target.name() + ".current"),
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            current = file.map(FileChannel.MapMode.READ_WRITE, 0, 4L + 4 * target.longestInput() + (1 << 20));
        }
    }

    /**
     * Tries so many inputs, or as many as there is time for.
     *
     * @param more inputs to begin with, beside the target's seeds and those kept in the test resources
     */
    void run(long count, long seconds, List<byte[]> more) throws IOException {
        long began = System.nanoTime();
        List<byte[]> first = new ArrayList<>(target.seeds());
        first.addAll(Corpus.kept(target.name()));
        first.addAll(more);
        for (byte[] input : first) {
            tryOne(input);
        }
        if (corpus.isEmpty()) {
            corpus.addAll(target.seeds());
        }
        while (inputs < count && System.nanoTime() - began < seconds * 1_000_000_000L) {
            tryOne(target.repaired(mutator.mutate(chosen(), chosen()), random));
        }
    }

    /** Those found last are chosen more often: they reach what is least tried. */
    private byte[] chosen() {
        int size = corpus.size();
        int from = random.nextBoolean() ? 0 : size - (size + 3) / 4;
        return corpus.get(from + random.nextInt(size - from));
    }

    private void tryOne(byte[] input) throws IOException {
        current.putInt(0, input.length).put(4, input);
        Coverage.clear();
        since = System.nanoTime();
        Trial trial = Trial.of(target, input);
        since = Long.MAX_VALUE;
        boolean isNew = Coverage.addNew(seen) > 0;
        if (trial.fault().isPresent() && trial.cpuNanos() > Trial.MOST_CPU_NANOS) {
            trial = Trial.of(target, input); // was it the input, or the compiler?
        }
        inputs++;
        refused += trial.refused() ? 1 : 0;
        longestNanos = Math.max(longestNanos, trial.cpuNanos());
        mostAllocated = Math.max(mostAllocated, trial.allocated());
        if (trial.fault().isPresent()) {
            keepFault(trial.fault().get(), input);
        } else if (isNew) {
            corpus.add(input);
        }
    }

    private void keepFault(String fault, byte[] input) throws IOException {
        String kind = fault.replaceAll("[0-9]+", "#");
        if (faults.size() < MOST_FAULTS_KEPT && faults.putIfAbsent(kind, input) == null) {
            Path file = folder.resolve(target.name() + "-fault-" + faults.size());
            Files.write(file, input);
            System.err.println(target.name() + ": " + fault + ", kept as " + file);
        }
    }

    Target target() {
        return target;
    }

    int faults() {
        return faults.size();
    }

    /** What the watch says where the input takes too long by the clock, and by how much. */
    long nanosOnThisInput() {
        long began = since;
        return began == Long.MAX_VALUE ? 0 : System.nanoTime() - began;
    }

    String report() {
        return String.format(
                "%-19s %,10d inputs, %,10d refused, %5d blocks, %5d kept, longest %4d ms, most allocated %,d KiB, %d faults",
                target.name(),
                inputs,
                refused,
                Coverage.blocksIn(seen),
                corpus.size(),
                longestNanos / 1_000_000,
                mostAllocated >> 10,
                faults.size());
    }

    List<byte[]> corpus() {
        return corpus;
    }

    /** A small part of the inputs that runs all that the whole runs: the shortest first, each for what is new in it. */
    List<byte[]> distilled(int mostBytes) {
        byte[] reached = Coverage.nothingSeen();
        List<byte[]> distilled = new ArrayList<>();
        List<byte[]> shortestFirst = new ArrayList<>(corpus);
        shortestFirst.sort((a, b) -> Integer.compare(a.length, b.length));
        int bytes = 0;
        for (byte[] input : shortestFirst) {
            Coverage.clear();
            Trial.of(target, input);
            if (Coverage.addNewBlocks(reached) > 0 && bytes + input.length <= mostBytes) {
                distilled.add(input);
                bytes += input.length;
            }
        }
        return distilled;
    }
}
