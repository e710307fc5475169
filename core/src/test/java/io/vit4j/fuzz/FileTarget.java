package io.vit4j.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;

/** A file that is read from disk. */
public final class FileTarget implements Target {
    /** Reads the file. */
    public interface Reader {
        void read(Path file) throws IOException;
    }

    private final String name;
    private final Path file;
    private final Reader reader;
    private final List<byte[]> seeds;
    private final List<byte[]> dictionary;
    private final BiFunction<byte[], Random, byte[]> repair;
    private final long mostAllocated;

    private FileTarget(
            String name,
            Path file,
            Reader reader,
            List<byte[]> seeds,
            List<byte[]> dictionary,
            BiFunction<byte[], Random, byte[]> repair,
            long mostAllocated) {
        this.name = name;
        this.file = file;
        this.reader = reader;
        this.seeds = seeds;
        this.dictionary = dictionary;
        this.repair = repair;
        this.mostAllocated = mostAllocated;
    }

    /** @param file is overwritten with each input */
    public static FileTarget of(String name, Path file, List<byte[]> seeds, Reader reader) {
        return new FileTarget(name, file, reader, seeds, List.of(), (input, random) -> input, 64L << 20);
    }

    public FileTarget words(String... words) {
        List<byte[]> bytes = java.util.Arrays.stream(words)
                .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
        return new FileTarget(name, file, reader, seeds, bytes, repair, mostAllocated);
    }

    public FileTarget repair(BiFunction<byte[], Random, byte[]> how) {
        return new FileTarget(name, file, reader, seeds, dictionary, how, mostAllocated);
    }

    public FileTarget mostAllocated(long bytes) {
        return new FileTarget(name, file, reader, seeds, dictionary, repair, bytes);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<byte[]> seeds() {
        return seeds;
    }

    @Override
    public List<byte[]> dictionary() {
        return dictionary;
    }

    @Override
    public long mostAllocated() {
        return mostAllocated;
    }

    @Override
    public byte[] repaired(byte[] input, Random random) {
        return repair.apply(input, random);
    }

    @Override
    public void read(byte[] input) throws IOException {
        Files.write(file, input);
        reader.read(file);
    }
}
