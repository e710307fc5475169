package io.vit4j;

import io.vit4j.base.InputException;
import io.vit4j.data.CentreCrop;
import io.vit4j.data.Collator;
import io.vit4j.data.DatasetInfo;
import io.vit4j.data.ImageTransform;
import io.vit4j.data.MaskingCollator;
import io.vit4j.data.augment.Augmentation;
import io.vit4j.data.augment.ViewAugmentation;
import io.vit4j.data.augment.ViewsCollator;
import io.vit4j.model.Masking;
import io.vit4j.model.PictureViews;
import io.vit4j.model.SelfDistillation;
import io.vit4j.model.VisionModel;
import io.vit4j.train.TrainerBuilder;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.walk.MaskedPixels;
import io.vit4j.walk.SelfDistillationLoss;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a run of pretraining makes of pictures, and what it minimises, by its method. */
final class PretrainingInput {
    private static final Logger LOG = LoggerFactory.getLogger(PretrainingInput.class);

    private PretrainingInput() {}

    /** Has a trainer pretrain the model by the method that it was made for. */
    static void into(TrainerBuilder builder, VisionModel model, TrainingArguments arguments, DatasetInfo info) {
        Augmentation augment = Augmentation.parse(arguments.augment());
        if (model.definition().masking().isPresent()) {
            masked(builder, model, augment, info);
        } else {
            distilled(builder, model, augment);
        }
    }

    private static void masked(TrainerBuilder builder, VisionModel model, Augmentation augment, DatasetInfo info) {
        Masking hidden = model.definition().masking().orElseThrow();
        if (augment.erasing().isPresent()) {
            LOG.info("Nothing is erased from the pictures ({}): patches of them are masked", augment);
        }
        builder.transforms(augment.transform(info), CentreCrop.of(info))
                .collator(new MaskingCollator(
                        Collator.normalising(
                                model.processor()::normalise, model.definition().channels()),
                        hidden.patchSize()))
                .objective(MaskedPixels.of(hidden));
    }

    private static void distilled(TrainerBuilder builder, VisionModel model, Augmentation augment) {
        if (!augment.isNone()) {
            throw new InputException(
                    "augment " + augment + ": self-distillation draws views of its own; leave augment out");
        }
        PictureViews views = model.definition().views().orElseThrow();
        SelfDistillation settings = views.settings();
        List<ImageTransform> drawn = new ArrayList<>();
        for (int i = 0; i < views.globals(); i++) {
            drawn.add(ViewAugmentation.large(
                    i,
                    views.globalSize(),
                    settings.views().localScale(),
                    settings.views().flip()));
        }
        for (int i = 0; i < views.locals(); i++) {
            drawn.add(ViewAugmentation.small(
                    views.localSize(),
                    settings.views().localScale(),
                    settings.views().flip()));
        }
        builder.collator(new ViewsCollator(model.processor()::normalise, views.channels(), drawn, views.numbers()))
                .objective(new SelfDistillationLoss(
                        settings.head().prototypes(), views.globals(), views.count(), settings.studentTemperature()));
    }
}
