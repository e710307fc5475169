package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.parallel.Hardware.Link;
import io.vit4j.parallel.ReadingPlan.Reading;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against sums done by hand: 1,000 pictures of 1,000 bytes, a million bytes, by machines of two ranks. */
class ReadingPlanTest {
    private static final ReadingPlan DATA = new ReadingPlan(1_000, 1_000, 64_500, 3, false);

    private static Hardware machines(Storage storage) {
        return new Hardware("test", 1e9, 1e9, 1L << 30, 1e9, 1e9, 1, 2, new Link(1e9, 0), new Link(1e9, 0))
                .with(storage);
    }

    /** A step of 10 pictures a replica, that takes so long. */
    private static Plan.Prediction step(int stages, int replicas, double seconds) {
        Layout layout = new Layout(Placement.even(stages, stages), replicas, 1, 10, false, false, false);
        return new Plan.Prediction(layout, List.of(), seconds, seconds, 0, 0, 0);
    }

    @Test
    void whatIsNotKnownCostsNothing() {
        Reading reading = DATA.predict(step(1, 4, 2), machines(Storage.UNKNOWN));
        assertThat(reading.dataBytes()).isEqualTo(1_000_000);
        assertThat(reading.shards()).as("64 pictures a file").isEqualTo(16);
        assertThat(reading.machines()).isEqualTo(2);
        assertThat(reading.computeSeconds()).as("25 steps").isEqualTo(50);
        assertThat(reading.copySeconds()).isZero();
        assertThat(reading.loadSeconds()).isZero();
        assertThat(reading.copied().seconds()).isEqualTo(150);
        assertThat(reading.shared().seconds()).isEqualTo(150);
        assertThat(reading.fits()).isTrue();
    }

    @Test
    void theSlowestPartTellsTheTimeOfAnEpoch() {
        // a machine reads half a million bytes an epoch: 100 s from its disk, 250 s from the storage that both share at
        // 4,000 bytes a second
        Storage slow = new Storage(5_000, 2e6, 3_000, 4_000, 0, 4_000);
        Reading reading = DATA.predict(step(1, 4, 2), machines(slow));
        assertThat(reading.loadSeconds()).as("250,000 bytes a rank").isEqualTo(62.5);
        assertThat(reading.copied()).isEqualTo(new ReadingPlan.Epochs(100, 100, 300));
        assertThat(reading.shared()).isEqualTo(new ReadingPlan.Epochs(250, 250, 750));
        assertThat(reading.copySeconds())
                .as("a million bytes each, at 2,000 a second")
                .isEqualTo(500);
        assertThat(DATA.predict(step(1, 4, 20), machines(slow)).shared().seconds())
                .as("computing is slower")
                .isEqualTo(1500);
    }

    @Test
    void memoryKeepsAShareOfARandomOrderAndAllOrNothingOfShards() {
        Storage some = new Storage(5_000, 2e6, 3_000, 4_000, 250_000, 1e9);
        ReadingPlan.Epochs random =
                DATA.predict(step(1, 4, 0.1), machines(some)).copied();
        assertThat(random.nextReadSeconds()).as("three quarters").isEqualTo(75);
        assertThat(random.seconds()).isEqualTo(100 + 2 * 75);
        ReadingPlan byShards = new ReadingPlan(1_000, 1_000, 64_500, 3, true);
        assertThat(byShards.predict(step(1, 4, 0.1), machines(some)).copied().seconds())
                .isEqualTo(300);
        Storage all = new Storage(5_000, 2e6, 3_000, 4_000, 1e6, 1e9);
        assertThat(byShards.predict(step(1, 4, 0.1), machines(all)).copied().seconds())
                .as("the first epoch reads, the others compute")
                .isCloseTo(100 + 2 * 2.5, within(1e-9));
    }

    @Test
    void stagesOfOneReplicaReadItsPicturesOnce() {
        Storage slow = new Storage(5_000, 1e3, 3_000, 1e9, 0, 1e9);
        Reading reading = DATA.predict(step(4, 3, 0.1), machines(slow)); // 12 ranks on 6 machines, 3 of which read
        assertThat(reading.machines()).isEqualTo(3);
        assertThat(reading.copied().firstReadSeconds()).isCloseTo(1e6 / 3 / 5_000, within(1e-9));
        assertThat(reading.fits()).as("a thousand bytes of disk").isFalse();
    }

    @Test
    void partOfAnEpochIsPartOfItsTime() {
        ReadingPlan half = new ReadingPlan(1_000, 1_000, 64_500, 0.5, false);
        assertThat(half.predict(step(1, 4, 2), machines(Storage.UNKNOWN))
                        .shared()
                        .seconds())
                .isEqualTo(25);
    }

    @Test
    void storageIsReadFromTheDescriptionOfTheHardware(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("cluster.json"), """
                {"float32_flops":1e9,"memory_bytes":1e9,"memory_bandwidth":1e9,"link_bandwidth":1e9,"link_latency":0,
                 "disk_bandwidth":2e9,"disk_bytes":1e12,"shared_bandwidth":1e9,"shared_total_bandwidth":1e10,"cache_bytes":5e10,
                 "loader_bandwidth":3e9}
                """);
        Hardware read = Hardware.read(file);
        assertThat(read.storage()).isEqualTo(new Storage(2e9, 1e12, 1e9, 1e10, 5e10, 3e9));
        Files.writeString(file, read.toJson().pretty());
        assertThat(Hardware.read(file)).isEqualTo(read);
    }
}
