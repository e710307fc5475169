package io.vit4j.train.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.Shared;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.base.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rates against transformers 5.12 and PyTorch: lr-schedules.json was written by their schedulers. */
class LrScheduleTest {
    @Test
    void everyScheduleHasTheRatesOfTransformers() {
        assertRates(recorded().get("by_step"));
    }

    @Test
    void everyScheduleOfTheFixturesHasTheRatesOfTransformers() {
        assertRates(Json.read(Shared.path("fixtures/lr-schedules.json")));
    }

    private static void assertRates(JsonNode cases) {
        assertThat(cases).isNotEmpty();
        for (JsonNode c : cases) {
            LrSchedule schedule = LrSchedule.of(
                    c.get("scheduler").asText(),
                    c.get("base_lr").doubleValue(),
                    c.get("warmup_steps").longValue(),
                    c.get("total_steps").longValue(),
                    kwargs(c));
            JsonNode rates = c.get("lr");
            Stream<Map.Entry<Long, Double>> expected = rates.isObject()
                    ? rates.properties().stream()
                            .map(e -> Map.entry(
                                    Long.valueOf(e.getKey()), e.getValue().doubleValue()))
                    : Stream.iterate(0, i -> i < rates.size(), i -> i + 1)
                            .map(i -> Map.entry((long) i, rates.get(i).doubleValue()));
            expected.forEach(e -> assertThat(schedule.rate(e.getKey()))
                    .as(
                            "%s %s warm-up %s of %s, step %s",
                            c.get("scheduler"),
                            c.get("kwargs"),
                            c.get("warmup_steps"),
                            c.get("total_steps"),
                            e.getKey())
                    .isCloseTo(e.getValue(), within(1e-12 * Math.abs(e.getValue()))));
        }
    }

    @Test
    void plateauCutsTheRateWhenPytorchDoes() {
        for (JsonNode c : recorded().get("on_plateau")) {
            LrSchedule schedule =
                    LrSchedule.of("reduce_lr_on_plateau", c.get("base_lr").doubleValue(), 0, 100, kwargs(c));
            for (int i = 0; i < c.get("metrics").size(); i++) {
                schedule = schedule.after(c.get("metrics").get(i).doubleValue());
                double expected = c.get("lr").get(i).doubleValue();
                assertThat(schedule.rate(i))
                        .as("%s, evaluation %s", c.get("kwargs"), i)
                        .isCloseTo(expected, within(1e-12 * expected));
            }
        }
    }

    @Test
    void plateauGoesOnAfterARestartAsIfNothingHadHappened() {
        for (JsonNode c : recorded().get("on_plateau")) {
            LrSchedule fresh =
                    LrSchedule.of("reduce_lr_on_plateau", c.get("base_lr").doubleValue(), 0, 100, kwargs(c));
            LrSchedule undisturbed = fresh;
            LrSchedule restarted = fresh;
            for (JsonNode metric : c.get("metrics")) {
                undisturbed = undisturbed.after(metric.doubleValue());
                JsonObject written = JsonObject.parse(
                        restarted.after(metric.doubleValue()).state().line(), "state");
                restarted = fresh.withState(written);
                assertThat(restarted).isEqualTo(undisturbed);
            }
        }
    }

    /** What the walkthrough logged: the rate after step 50 and step 2450 of 2496, 624 of them warm-up. */
    @Test
    void theWalkthroughsOwnRatesComeOut() {
        LrSchedule schedule = LrSchedule.of("cosine", 2e-4, 624, 2496, JsonObject.empty());
        assertThat(schedule.rate(50)).isCloseTo(1.602564102564103e-05, within(1e-17));
        assertThat(schedule.rate(2450)).isCloseTo(2.978228636022262e-07, within(1e-18));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "cosine; {\"num_cyles\":2}; num_cycles",
                "cosine; {\"num_cycles\":\"two\"}; not a number",
                "constant; {\"power\":2}; power is not a setting of constant",
                "polynomial; {\"lr_end\":1}; not below the learning rate",
                "cosine_with_min_lr; {}; needs one of min_lr and min_lr_rate",
                "cosine_with_min_lr; {\"min_lr\":0.1,\"min_lr_rate\":0.1}; needs only one of",
                "warmup_stable_decay; {}; needs num_decay_steps",
                "warmup_stable_decay; {\"num_decay_steps\":2.5}; not a whole number",
                "warmup_stable_decay; {\"num_decay_steps\":2,\"decay_type\":\"steep\"}; steep is not one of",
                "inverse_sqrt; {\"timescale\":0}; not above 0",
                "reduce_lr_on_plateau; {\"factor\":1}; factor",
                "greedy; {}; greedy is unknown",
            })
    void aSettingThatMakesNoSenseIsNamed(String type, String settings, String inMessage) {
        assertThatThrownBy(() -> LrSchedule.of(type, 2e-4, 10, 100, JsonObject.parse(settings, "settings")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(inMessage);
    }

    private static JsonObject kwargs(JsonNode recorded) {
        return Json.typed((ObjectNode) recorded.get("kwargs"), "kwargs");
    }

    private static JsonNode recorded() {
        try (InputStream in = LrScheduleTest.class.getResourceAsStream("lr-schedules.json")) {
            return Json.parse(in.readAllBytes(), "lr-schedules.json");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
