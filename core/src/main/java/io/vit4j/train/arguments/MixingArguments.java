package io.vit4j.train.arguments;

import io.vit4j.data.augment.Mixing;
import java.util.Locale;
import java.util.Optional;

/** What {@code mixup}, {@code cutmix} and the arguments beside them come to. */
public final class MixingArguments {
    private MixingArguments() {}

    /** {@return how training samples are mixed; empty if they are not} */
    public static Optional<Mixing> of(TrainingArguments arguments) {
        boolean mixes = arguments.mixup() > 0 || arguments.cutmix() > 0;
        return mixes && arguments.mixupProb() > 0
                ? Optional.of(new Mixing(
                        arguments.mixup(),
                        arguments.cutmix(),
                        arguments.mixupProb(),
                        arguments.mixupSwitchProb(),
                        Mixing.Mode.valueOf(arguments.mixupMode().toUpperCase(Locale.ROOT))))
                : Optional.empty();
    }
}
