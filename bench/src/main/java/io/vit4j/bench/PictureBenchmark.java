package io.vit4j.bench;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.Progress;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.Sample;
import io.vit4j.image.DecodeOptions;
import io.vit4j.image.Filter;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.ImageProcessor;
import io.vit4j.image.Picture;
import io.vit4j.image.Resampler;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One picture's way on one core: decoded, resized, and as part of a batch. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class PictureBenchmark {
    private static final int BATCH = 8;
    private static final int SIDE = 224;

    /** A PNG to decode; {@code drawn}: a synthetic X-ray of 1024x1024, grey. */
    @Param("drawn")
    public String png;

    private byte[] bytes;
    private Picture picture;
    private List<Sample> samples;
    private final int[] rows = IntStream.range(0, BATCH).toArray();
    private final FloatBuffers buffers = new FloatBuffers(2);
    private final Collator collator = Collator.normalising(ImageProcessor.defaults()::normalise, 3);

    /** Draws or reads the picture. */
    @Setup
    public void read() throws IOException {
        bytes = png.equals("drawn") ? drawn() : Files.readAllBytes(Path.of(png));
        picture = decode();
        Sample sample = new Sample("drawn.png", resize(), new float[15]);
        samples = Collections.nCopies(BATCH, sample);
    }

    private static byte[] drawn() throws IOException {
        Path folder = Files.createTempDirectory("vit4j-bench");
        SyntheticRelease.write(
                new SyntheticRelease.Options(folder.resolve("drawn"), 1, 1, Prevalence.of("balanced")),
                1,
                Progress.NONE);
        try (Stream<Path> files = Files.walk(folder)) {
            return Files.readAllBytes(files.filter(file -> file.toString().endsWith(".png"))
                    .findFirst()
                    .orElseThrow());
        } finally {
            DurableFiles.SYSTEM.delete(folder);
        }
    }

    /** PNG bytes to pixels. */
    @Benchmark
    public Picture decode() {
        return ImageDecoder.decode(bytes, "drawn.png", DecodeOptions.DEFAULT);
    }

    /** To 224x224, as Pillow does. */
    @Benchmark
    public Picture resize() {
        return Resampler.resize(picture, SIDE, SIDE, Filter.BILINEAR);
    }

    /** Eight stored pictures to one batch of normalised floats. */
    @Benchmark
    public int batch() {
        try (Batch batch = collator.collate(rows, samples, buffers, RandomKey.of(1))) {
            return batch.size();
        }
    }
}
