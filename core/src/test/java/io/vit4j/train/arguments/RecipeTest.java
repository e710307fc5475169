package io.vit4j.train.arguments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecipeTest {
    @Test
    void everyRecipeSaysOnlyWhatChangesARun() {
        assertThat(Recipe.names())
                .containsExactly(
                        "fine-tune", "x-ray", "small-data", "linear-probe", "lora", "from-scratch", "mae", "dino");
        for (Recipe recipe : Recipe.all()) {
            TrainingArguments arguments =
                    TrainingArguments.builder().recipe(recipe.name()).build();
            assertThat(arguments.notes()).as(recipe.name()).isEmpty();
            List<String> names = JsonObject.parse(recipe.json(), recipe.name()).keys();
            for (String name : names) {
                assertThat(ArgumentTable.get(name).honoured()).as(name).isTrue();
                assertThat(arguments.isGiven(name)).as(name).isTrue();
            }
        }
    }

    @Test
    void whatIsGivenLaterWins() {
        TrainingArguments arguments =
                TrainingArguments.builder().recipe("x-ray").learningRate(1e-3).build();
        assertThat(arguments.learningRate()).isEqualTo(1e-3);
        assertThat(arguments.layerDecay()).hasValue(0.75);
    }

    @Test
    void anUnknownNameIsMended() {
        assertThatThrownBy(() -> TrainingArguments.builder().recipe("xray"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("did you mean x-ray?");
    }
}
