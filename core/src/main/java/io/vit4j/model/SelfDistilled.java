package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.hub.StoredTensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * A model of any family as DINO trains it (Caron et al. 2021): all views of a picture pass through the encoder, and a projection head
 * predicts {@link SelfDistillation.Head#prototypes} numbers of each. Its weights are the encoder's under their own names, and the head's.
 *
 * <p>It is not among the families that a {@code config.json} leads to: there its files are the encoder, whose classifier is missing.
 *
 * @param family the encoder's
 * @param encoder for one view
 * @param settings of the method
 */
record SelfDistilled(Architecture family, ModelDefinition encoder, SelfDistillation settings) implements Architecture {
    /** Says in a {@code config.json} that its model was trained so: the head's sizes. */
    static final String KEY = "self_distillation";

    private static final int GLOBALS = 2;

    static ModelDefinition around(ModelDefinition encoder, SelfDistillation settings) {
        return new SelfDistilled(encoder.architecture(), encoder, settings).define(encoder.config());
    }

    @Override
    public ModelDefinition define(JsonObject config) {
        ModelDefinition own = family.define(config).forPictures(encoder.imageHeight(), encoder.imageWidth());
        PictureViews views = views(own);
        List<BlockDefinition> blocks = blocks(views, views.locals());
        return ModelDefinition.builder(this, marked(config))
                .pictures(1, views.numbers(), 1)
                .blocks(blocks.subList(0, blocks.size() - 1))
                .head((HeadDefinition) blocks.get(blocks.size() - 1))
                .views(views)
                .build();
    }

    /** As it is saved: the encoder by itself, which is what other programs see of it. */
    private JsonObject marked(JsonObject config) {
        List<String> classes = config.texts("architectures").stream()
                .map(name -> name.replace("ForImageClassification", "Model"))
                .toList();
        JsonObject sizes = JsonObject.empty()
                .with("prototypes", settings.head().prototypes())
                .with("head_hidden", settings.head().hidden())
                .with("bottleneck", settings.head().bottleneck())
                .with("local_views", settings.views().local());
        return config.with("architectures", classes).with(KEY, sizes);
    }

    private PictureViews views(ModelDefinition own) {
        int size = encoder.imageHeight();
        if (encoder.imageWidth() != size) {
            throw new InputException("self-distillation takes square pictures, not pictures of " + encoder.imageWidth()
                    + "x" + size + "; prepare square ones");
        }
        int usual = Math.max(1, Math.round(size * 3F / 7 / patch())) * patch();
        int local = settings.views().localSize() == 0 ? usual : settings.views().localSize();
        if (settings.views().local() > 0 && (local > size || local < patch())) {
            throw new InputException("local views of " + local + " pixels do not lie between a patch of " + patch()
                    + " and the picture of " + size + "; give another --local-size");
        }
        return new PictureViews(
                encoder.channels(), GLOBALS, size, settings.views().local(), local, settings, own);
    }

    private int patch() {
        int rows = encoder.tokenGrid(encoder.imageHeight(), encoder.imageWidth())
                .map(TokenGrid::rows)
                .orElseThrow(() -> new InputException("models of type '" + family.modelType()
                        + "' cannot be pretrained by self-distillation; use a Vision Transformer"));
        return encoder.imageHeight() / rows;
    }

    /** The blocks for the large views and so many small ones, the head last. */
    static List<BlockDefinition> blocks(PictureViews views, int locals) {
        ModelDefinition large = views.encoder();
        ModelDefinition small = large.forPictures(views.localSize(), views.localSize());
        List<BlockDefinition> blocks = new ArrayList<>();
        for (int i = 0; i < large.blockCount(); i++) {
            boolean last = i == large.blockCount() - 1;
            List<OverViews.Group> groups = new ArrayList<>();
            groups.add(group(large, i, last, views.globals()));
            if (locals > 0) {
                groups.add(group(small, i, last, locals));
            }
            blocks.add(new OverViews(groups));
        }
        int last = blocks.size() - 1;
        ProjectionHead.Definition head =
                new ProjectionHead.Definition(large.features(), views.globals() + locals, views.settings());
        blocks.set(last, new HeadDefinition(blocks.get(last), head, RowsRead.ALL));
        return blocks;
    }

    private static OverViews.Group group(ModelDefinition model, int block, boolean last, int views) {
        BlockDefinition of = last ? model.head().features() : model.blocks().get(block);
        return new OverViews.Group(views, of, model.shapes().get(block));
    }

    @Override
    public String modelType() {
        return family.modelType();
    }

    @Override
    public String canonicalName(String stored) {
        return family.canonicalName(stored);
    }

    @Override
    public String canonicalName(String stored, Set<String> all) {
        return family.canonicalName(stored, all);
    }

    @Override
    public List<StoredTensor> fromFile(Collection<StoredTensor> stored) {
        return family.fromFile(stored);
    }

    @Override
    public List<StoredTensor> forFile(List<StoredTensor> weights) {
        return family.forFile(weights);
    }

    /** What predicts labels plays no part. */
    @Override
    public boolean passesOver(String stored) {
        return family.passesOver(stored) || encoder.classifierWeights().contains(stored);
    }
}
