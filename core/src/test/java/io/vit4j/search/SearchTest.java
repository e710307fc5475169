package io.vit4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SearchTest {
    private static Search of(String json) {
        return Search.of(JsonObject.parse(json.replace('\'', '"'), "sweep.json"));
    }

    @Test
    void aGridHasEveryCombinationTheLastFastest() {
        Search grid = of("{'method': 'grid', 'parameters': {'learning_rate': {'values': [1e-4, 2e-4]},"
                + " 'optim': {'values': ['sgd', 'lamb', 'adamw_torch']}}}");
        List<Map<String, String>> settings = grid.settings();
        assertThat(settings).hasSize(6).doesNotHaveDuplicates();
        assertThat(settings.get(1)).isEqualTo(Map.of("learning_rate", "1.0E-4", "optim", "lamb"));
        assertThat(settings.get(3)).isEqualTo(Map.of("learning_rate", "2.0E-4", "optim", "sgd"));
        assertThat(grid.metric()).isEqualTo("eval_loss");
        assertThat(grid.maximize()).isFalse();
    }

    @Test
    void drawnSettingsFollowTheirDistributionsAndTheSeed() {
        String file = "{'trials': 2000, 'seed': %d, 'metric': {'name': 'roc_auc'}, 'parameters': {"
                + "'learning_rate': {'min': 1e-5, 'max': 1e-1, 'distribution': 'log_uniform_values'},"
                + "'weight_decay': {'min': 0.0, 'max': 0.5}, 'seed': {'min': 1, 'max': 4}}}";
        Search search = of(String.format(file, 7));
        assertThat(search.maximize()).isTrue();
        List<Map<String, String>> settings = search.settings();
        assertThat(settings).isEqualTo(of(String.format(file, 7)).settings());
        assertThat(settings).isNotEqualTo(of(String.format(file, 8)).settings());
        double[] logs = settings.stream()
                .mapToDouble(s -> Math.log10(Double.parseDouble(s.get("learning_rate"))))
                .toArray();
        assertThat(List.of(logs)).isNotEmpty();
        double mean = java.util.Arrays.stream(logs).average().orElseThrow();
        double variance = java.util.Arrays.stream(logs)
                .map(v -> (v - mean) * (v - mean))
                .average()
                .orElseThrow();
        assertThat(mean).isCloseTo(-3, within(0.1)); // four standard errors of 2,000 draws over four decades
        assertThat(variance).isCloseTo(16.0 / 12, within(0.1));
        assertThat(settings.stream()
                        .mapToDouble(s -> Double.parseDouble(s.get("weight_decay")))
                        .average()
                        .orElseThrow())
                .isCloseTo(0.25, within(0.015));
        assertThat(new HashSet<>(settings.stream().map(s -> s.get("seed")).toList()))
                .containsExactlyInAnyOrder("1", "2", "3", "4");
    }

    @Test
    void earlierTrialsStayTheSameIfMoreAreAskedFor() {
        String file = "{'trials': %d, 'parameters': {'learning_rate': {'min': 1e-5, 'max': 1e-1}}}";
        assertThat(of(String.format(file, 20)).settings().subList(0, 5))
                .isEqualTo(of(String.format(file, 5)).settings());
    }

    @Test
    void rungsEndWithTheMost() {
        assertThat(new Halving("num_train_epochs", 1, 9, 3).rungs()).containsExactly("1.0", "3.0", "9.0");
        assertThat(new Halving("max_steps", 100, 1000, 3).rungs()).containsExactly("111", "333", "1000");
        assertThat(new Halving("max_steps", 1, 9, 3).kept(2)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'parameters': {}} | names no \"parameters\"",
                "{'trials': 3, 'parameters': {'learning_rat': {'value': 1}}} | did you mean learning_rate?",
                "{'trials': 3, 'parameters': {'output_dir': {'value': 'x'}}} | is set for every trial",
                "{'parameters': {'learning_rate': {'value': 1}}} | lacks \"trials\"",
                "{'method': 'grid', 'parameters': {'learning_rate': {'min': 1, 'max': 2}}} | a grid needs \"values\"",
                "{'method': 'bayes', 'trials': 3, 'parameters': {'seed': {'value': 1}}} | use grid, random or",
                "{'trial': 3, 'parameters': {'seed': {'value': 1}}} | did you mean trials?",
                "{'trials': 3, 'parameters': {'learning_rate': {'min': 0, 'max': 2.5, 'distribution':"
                        + " 'log_uniform_values'}}} | no logarithm",
                "{'method': 'successive_halving', 'trials': 9, 'parameters': {'seed': {'min': 1, 'max': 90}}} | larger \"max\"",
                "{'trials': 3, 'halving': {'max': 4}, 'parameters': {'seed': {'min': 1, 'max': 90}}} | leave \"halving\" out"
            })
    void whatCannotBeTriedIsSaid(String json, String message) {
        assertThatThrownBy(() -> of(json)).isInstanceOf(InputException.class).hasMessageContaining(message);
    }

    @Test
    void fewerSettingsThanTrialsIsSaid() {
        Search search = of("{'trials': 5, 'parameters': {'seed': {'values': [1, 2, 3]}}}");
        assertThatThrownBy(search::settings)
                .isInstanceOf(InputException.class)
                .hasMessageContaining("hardly more than 3 different settings");
    }
}
