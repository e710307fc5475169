package io.vit4j.data.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import io.vit4j.base.RandomKey;
import io.vit4j.data.Batch;
import io.vit4j.data.Collator;
import io.vit4j.data.FloatBuffers;
import io.vit4j.data.Sample;
import io.vit4j.image.Filter;
import io.vit4j.image.Picture;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against torchvision: augment.json, which augment.py wrote. */
class TorchvisionTest {
    private static final int HEIGHT = 17;
    private static final int WIDTH = 23;
    private static final JsonNode EXPECTED = expected();

    private static JsonNode expected() {
        try (InputStream in = TorchvisionTest.class.getResourceAsStream("augment.json")) {
            return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), "augment.json");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static PolicyOperation operation(String name) {
        return PolicyOperation.valueOf(
                name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toUpperCase(Locale.ROOT));
    }

    private static Magnitudes magnitudes(String space, int bins) {
        return space.equals("trivialaugment") ? Magnitudes.wide(bins) : Magnitudes.usual(bins);
    }

    @ParameterizedTest
    @CsvSource({"randaugment,31", "randaugment_5,5", "trivialaugment,31", "autoaugment,10"})
    void magnitudesAreTorchvisions(String space, int bins) {
        int compared = 0;
        for (var entry : EXPECTED.get(space).properties()) {
            for (int bin = 0; bin < entry.getValue().size(); bin++) {
                assertThat(magnitudes(space, bins).of(operation(entry.getKey()), bin, HEIGHT, WIDTH))
                        .as(entry.getKey() + " " + bin)
                        .isCloseTo(
                                entry.getValue().get(bin).doubleValue(),
                                withinPercentage(2e-5)); // PyTorch adds steps in vectors of the processor's width
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(11 * bins);
    }

    @Test
    void theSameOperationsAreChosenAmongAndSigned() {
        List<PolicyOperation> choice = new ArrayList<>();
        EXPECTED.get("choice").forEach(name -> choice.add(operation(name.textValue())));
        assertThat(RandAugment.CHOICE).isEqualTo(choice);
        TreeSet<PolicyOperation> signed = new TreeSet<>();
        EXPECTED.get("signed").forEach(name -> signed.add(operation(name.textValue())));
        for (PolicyOperation operation : PolicyOperation.values()) {
            assertThat(operation.signed()).as(operation.name()).isEqualTo(signed.contains(operation));
        }
    }

    @Test
    void policiesAreTorchvisions() {
        for (AutoAugmentPolicy policy : AutoAugmentPolicy.values()) {
            JsonNode pairs = EXPECTED.get("policies").get(policy.name());
            assertThat(policy.pairs()).isEqualTo(pairs.size());
            for (int i = 0; i < pairs.size(); i++) {
                for (int j = 0; j < 2; j++) {
                    JsonNode step = pairs.get(i).get(j);
                    assertThat(policy.pair(i).get(j))
                            .isEqualTo(new AutoAugmentPolicy.Step(
                                    operation(step.get(0).textValue()),
                                    step.get(1).doubleValue(),
                                    step.get(2).intValue()));
                }
            }
        }
    }

    @Test
    void operationsGiveTorchvisionsPixelsAtEveryMagnitude() {
        List<String> wrong = new ArrayList<>();
        for (JsonNode line : EXPECTED.get("applied")) {
            PolicyOperation operation = operation(line.get(0).textValue());
            double magnitude = line.get(1).doubleValue();
            PolicyOperation.Drawn drawn = new PolicyOperation.Drawn(
                    Filter.valueOf(line.get(2).textValue().toUpperCase(Locale.ROOT)),
                    line.get(3).intValue());
            CRC32 crc = new CRC32();
            crc.update(operation.apply(formula(), magnitude, drawn).pixels());
            if (!String.format("%08x", crc.getValue()).equals(line.get(4).textValue())) {
                wrong.add(line.toString());
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(EXPECTED.get("applied")).hasSizeGreaterThan(100);
    }

    private static Picture formula() {
        byte[] pixels = new byte[WIDTH * HEIGHT * 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (31 * i * i + 17 * i + 5);
        }
        return new Picture(WIDTH, HEIGHT, 3, pixels);
    }

    @Test
    void mixupIsTorchvisions() {
        JsonNode mixup = EXPECTED.get("mixup");
        assertMixed(mixup, new Mixing.Mixture(1, mixup.get("ratio").doubleValue(), false, 0, 0));
    }

    @Test
    void cutmixIsTorchvisions() {
        for (JsonNode cutmix : EXPECTED.get("cutmix")) {
            double centreX = (cutmix.get("centre").get(0).intValue() + 0.5) / 7;
            double centreY = (cutmix.get("centre").get(1).intValue() + 0.5) / 5;
            assertMixed(cutmix, new Mixing.Mixture(1, cutmix.get("ratio").doubleValue(), true, centreX, centreY));
        }
        assertThat(EXPECTED.get("cutmix")).hasSize(3);
    }

    /** Two samples of classes 2 and 0, whose pixels are sines. */
    private static void assertMixed(JsonNode expected, Mixing.Mixture first) {
        Mixing.Mixture second = new Mixing.Mixture(0, first.ratio(), first.cut(), first.centreX(), first.centreY());
        Collator sines = (rows, samples, buffers, key) -> {
            var pixels = buffers.take(2 * 5 * 7);
            for (int i = 0; i < pixels.capacity(); i++) {
                pixels.put(i, (float) Math.sin(i));
            }
            return new Batch(rows, List.of("a", "b"), pixels, 1, 5, 7, new float[] {2, 0}, 1, () -> {});
        };
        Mixing.Epoch epoch = new Mixing.Epoch();
        epoch.put(0, first);
        epoch.put(1, second);
        List<Sample> samples = List.of();
        Batch mixed = new MixingCollator(sines, epoch, 3)
                .collate(new int[] {0, 1}, samples, new FloatBuffers(1), RandomKey.of(0));
        for (int i = 0; i < 2 * 5 * 7; i++) {
            assertThat(mixed.pixelValues().get(i))
                    .isCloseTo((float) expected.get("pixels").get(i).doubleValue(), within(1e-7f));
        }
        assertThat(mixed.labelCount()).isEqualTo(3);
        for (int i = 0; i < 6; i++) {
            assertThat(mixed.labels()[i])
                    .isCloseTo((float) expected.get("labels").get(i).doubleValue(), within(1e-7f));
        }
    }

    @Test
    void rectanglesAreErasedOfTorchvisionsSizesAndShapes() {
        RandomErasing erasing = new RandomErasing(1, 0.02, 0.33, 0.3, 3.3, 0);
        int rounds = 4000;
        double[] sums = new double[4];
        for (int i = 0; i < rounds; i++) {
            RandomErasing.Rectangle part = erasing.rectangle(64, 48, RandomKey.of(i).stream());
            double area = part.height() * part.width() / (64.0 * 48);
            double aspect = Math.log((double) part.height() / part.width());
            sums[0] += area / rounds;
            sums[1] += area * area / rounds;
            sums[2] += aspect / rounds;
            sums[3] += aspect * aspect / rounds;
        }
        JsonNode expected = EXPECTED.get("erasing");
        double areaStd = Math.sqrt(sums[1] - sums[0] * sums[0]);
        double aspectStd = Math.sqrt(sums[3] - sums[2] * sums[2]);
        double errors = 5 * Math.sqrt(2.0 / rounds); // five standard errors of the difference of two means
        assertThat(sums[0]).isCloseTo(expected.get("area_mean").doubleValue(), within(errors * areaStd));
        assertThat(areaStd).isCloseTo(expected.get("area_std").doubleValue(), within(errors * areaStd));
        assertThat(sums[2]).isCloseTo(expected.get("aspect_mean").doubleValue(), within(errors * aspectStd));
        assertThat(aspectStd).isCloseTo(expected.get("aspect_std").doubleValue(), within(errors * aspectStd));
    }
}
