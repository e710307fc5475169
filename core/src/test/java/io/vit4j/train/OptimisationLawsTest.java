package io.vit4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Augmentation, mixing, layer-wise decay, stochastic depth and averaged weights, all at once: the same in any layout, and after a
 * kill.
 */
class OptimisationLawsTest {
    private static final String TWO_BY_TWO =
            "layers_per_ipu=[2 2],replication_factor=2,gradient_accumulation_steps=2,replicated_tensor_sharding=true";

    private static final String AUGMENT = "crop-flip:scale=0.5+randaugment+erasing";

    /** Not an optimizer's name: adapters, trained by AdamW. */
    private static final String ADAPTERS = "adapters";

    @TempDir
    Path folder;

    private static Map<String, String> everything(String optim) {
        Map<String, String> arguments = new HashMap<>(Map.of(
                "mixup", "0.8",
                "cutmix", "1",
                "mixup_mode", "pair",
                "layer_decay", "0.7",
                "drop_path", "0.3",
                "weight_decay", "0.05",
                "weight_decay_rule", "timm",
                "model_ema_decay", "0.9",
                "model_ema_warmup", "true"));
        if (optim.equals(ADAPTERS)) {
            arguments.putAll(Map.of("lora_rank", "2", "lora_dropout", "0.2"));
        } else {
            arguments.put("optim", optim);
        }
        if (optim.equals("adafactor")) {
            arguments.put("optim_args", "scale_parameter=true,beta1=0.5");
        }
        return arguments;
    }

    private RankedRun run(String name, String optim) {
        RankedRun run = new RankedRun(folder.resolve(name))
                .augment(AUGMENT)
                .with("max_steps", optim.equals("adamw_torch") ? "20" : "6");
        everything(optim).forEach(run::with);
        return run;
    }

    @ParameterizedTest
    @ValueSource(strings = {"adamw_torch", "adafactor", "muon", ADAPTERS})
    void twoStagesOfTwoReplicasGiveTheResultsOfOneProcess(String optim) {
        RankedRun.Result single = run("single", optim).run();
        RankedRun.Result laidOut = run("laid-out", optim)
                .layout(4, TWO_BY_TWO)
                .with("per_device_train_batch_size", "2")
                .run();
        LayoutsTest.assertSame(laidOut, single);
        assertThat(laidOut.evaluated().get("eval_ema_loss"))
                .isCloseTo(single.evaluated().get("eval_ema_loss"), within(1e-6));
    }

    @ParameterizedTest
    @ValueSource(strings = {"adamw_torch", "adafactor", "muon", ADAPTERS})
    void aResumedRunRepeatsTheUninterruptedOneToTheBit(String optim) {
        Map<String, String> arguments = everything(optim);
        arguments.put("max_steps", "6");
        TinyRun.Result undisturbed = new TinyRun(folder.resolve("undisturbed"))
                .augment(AUGMENT)
                .with(arguments)
                .run();
        TinyRun disturbed =
                new TinyRun(folder.resolve("disturbed")).augment(AUGMENT).with(arguments);
        disturbed.callback(ExactResumeTest.after(4, disturbed::interrupt));
        assertThat(disturbed.run().interrupted()).isTrue();
        TinyRun.Result resumed = disturbed.callback(new TrainerCallback() {}).resume();
        assertThat(resumed.logs()).isEqualTo(undisturbed.logs());
        assertThat(resumed.weights()).isEqualTo(undisturbed.weights());
        assertThat(RankedRun.weightsIn(folder.resolve("disturbed/ema")))
                .hasSameBinaryContentAs(RankedRun.weightsIn(folder.resolve("undisturbed/ema")));
    }

    /** The state is written whole, so that it goes on in another layout. */
    @Test
    void aRunOfOneProcessGoesOnInTwoByTwo() {
        String optim = "adafactor";
        RankedRun.Result whole =
                run("whole", optim).with("lr_scheduler_type", "constant").run();
        RankedRun both = run("both", optim)
                .with("lr_scheduler_type", "constant")
                .with("max_steps", "3")
                .with("save_strategy", "steps")
                .with("save_steps", "3");
        both.run();
        RankedRun.Result resumed = both.with("max_steps", "6")
                .with("resume_from_checkpoint", "true")
                .layout(4, TWO_BY_TWO)
                .with("per_device_train_batch_size", "2")
                .run();
        LayoutsTest.assertSame(resumed, whole);
    }
}
