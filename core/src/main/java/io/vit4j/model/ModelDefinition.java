package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.CheckpointFormats;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * All that is known of a model without its weights: its blocks, the pictures it takes, its labels, and its configuration,
 * kept whole. This is enough to plan a run, check its memory, or load the share of a checkpoint that a pipeline stage runs.
 *
 * <pre>{@code
 * ModelDefinition model = ModelDefinition.preset("vit-tiny").withLabels(List.of("cat", "dog"), ProblemType.SINGLE_LABEL);
 * }</pre>
 */
public final class ModelDefinition {
    /** A petabyte and more: far beyond any machine, and far below what a {@code long} counts. */
    private static final double MOST_NUMBERS = 1L << 48;

    /** Of hidden states of a sample that are laid out as a picture is. */
    private static final int PLACED_DIMENSIONS = 3;

    /** How transformers' configurations call the rate of stochastic depth. */
    private static final String DROP_PATH_RATE = "drop_path_rate";

    private final Architecture architecture;
    private final JsonObject config;
    private final ModelLabels labels;
    private final Shape picture;
    private final Function<Shape, Optional<TokenGrid>> tokenGrid;
    private final boolean channelsLast;
    private final List<BlockDefinition> blocks;
    private final HeadDefinition head;
    private final List<Shape> shapes;
    private final Optional<LoraConfig> adapter;
    private final int adaptedFrom;
    private final Set<String> trained; // where there are adapters
    private final Set<String> constants;
    private final Predicate<String> mayBeNew;
    private final Optional<Masking> masking;
    private final Optional<PictureViews> views;

    private ModelDefinition(Builder builder) {
        architecture = builder.architecture;
        labels = builder.labels;
        config = labels.writtenOver(builder.config).without("torch_dtype").with("dtype", "float32");
        picture = Optional.ofNullable(builder.picture)
                .orElseThrow(() -> new IllegalStateException("pictures() is missing"));
        tokenGrid = builder.tokenGrid;
        channelsLast = builder.channelsLast;
        head = Optional.ofNullable(builder.head).orElseThrow(() -> new IllegalStateException("head() is missing"));
        List<BlockDefinition> all = new ArrayList<>(builder.blocks);
        if (all.isEmpty()) {
            throw new IllegalStateException("a model needs a block before its head");
        }
        all.add(head);
        blocks = List.copyOf(all);
        shapes = shapes(imageHeight(), imageWidth());
        adapter = Optional.empty();
        adaptedFrom = 0;
        trained = Set.of();
        constants = constants(blocks);
        mayBeNew = builder.mayBeNew;
        masking = builder.masking;
        views = builder.views;
        requireCountable();
    }

    private ModelDefinition(ModelDefinition of, LoraConfig adapter, int from, List<BlockDefinition> adapted) {
        architecture = of.architecture;
        labels = of.labels;
        channelsLast = of.channelsLast;
        config = of.config;
        picture = of.picture;
        tokenGrid = of.tokenGrid;
        blocks = List.copyOf(adapted);
        head = (HeadDefinition) blocks.get(blocks.size() - 1);
        shapes = of.shapes;
        this.adapter = Optional.of(adapter);
        adaptedFrom = from;
        constants = of.constants;
        mayBeNew = of.mayBeNew;
        masking = of.masking;
        views = of.views;
        trained = Adapters.trained(this, adapter, from);
        requireCountable();
    }

    private ModelDefinition(ModelDefinition of, Shape picture, List<BlockDefinition> blocks) {
        architecture = of.architecture;
        labels = of.labels;
        channelsLast = of.channelsLast;
        config = of.config;
        this.picture = picture;
        tokenGrid = of.tokenGrid;
        head = (HeadDefinition) blocks.get(blocks.size() - 1);
        this.blocks = List.copyOf(blocks);
        shapes = shapes(imageHeight(), imageWidth());
        adapter = of.adapter;
        adaptedFrom = of.adaptedFrom;
        trained = of.trained;
        constants = of.constants;
        mayBeNew = of.mayBeNew;
        masking = of.masking;
        views = of.views;
    }

    private static Set<String> constants(List<BlockDefinition> blocks) {
        return blocks.stream()
                .flatMap(block -> block.weights().stream())
                .filter(ParameterSpec::isConstant)
                .map(ParameterSpec::name)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Sizes that are each in bounds can make a product that is not. */
    private void requireCountable() {
        double numbers = 0;
        for (ParameterSpec spec : weights()) {
            numbers += Shape.of(spec.shape()).product();
        }
        double widest = shapes.stream().mapToDouble(Shape::product).max().orElseThrow();
        if (Math.max(numbers, widest) > MOST_NUMBERS) {
            throw new InputException("describes a model of " + String.format(Locale.ROOT, "%.0e", numbers)
                    + " weights, whose largest activation has " + String.format(Locale.ROOT, "%.0e", widest)
                    + " numbers; no machine can hold it, correct the sizes in config.json");
        }
    }

    /** Reads a {@code config.json}; InputException if no architecture on the class path reads it. */
    public static ModelDefinition read(Path file) {
        return of(CheckpointFormats.asTransformers(JsonObject.read(file)));
    }

    /** The model that a configuration describes; InputException if no architecture on the class path reads it. */
    public static ModelDefinition of(JsonObject config) {
        return defined(Architectures.of(config), config);
    }

    /** A well-known model by name, such as {@code vit-tiny}; InputException if no architecture has one of that name. */
    public static ModelDefinition preset(String name) {
        return of(Architectures.preset(name));
    }

    /** What a configuration describes, in a few words; InputException if no architecture on the class path reads it. */
    public static String describe(JsonObject config) {
        return explained(config, () -> Architectures.of(config).describe(config));
    }

    private static ModelDefinition defined(Architecture architecture, JsonObject config) {
        return explained(config, () -> architecture.define(config));
    }

    /** Has every fault say which file it is in. */
    private static <T> T explained(JsonObject config, Supplier<T> work) {
        try {
            return work.get();
        } catch (InputException e) {
            throw e.getMessage().startsWith(config.source())
                    ? e
                    : new InputException(config.source() + ": " + e.getMessage(), e);
        }
    }

    /** The model of the same family that another configuration describes, with the same adapters. */
    private ModelDefinition redefined(JsonObject other) {
        ModelDefinition plain = defined(architecture, other);
        return adapter.map(lora -> plain.withAdapter(lora, adaptedFrom)).orElse(plain);
    }

    /** The same model for other labels. */
    public ModelDefinition withLabels(List<String> names, ProblemType problemType) {
        return redefined(new ModelLabels(names, Optional.of(problemType)).writtenOver(config))
                .forPictures(imageHeight(), imageWidth());
    }

    /**
     * The same model, weights and configuration, walked with pictures of another size than its configuration says, as those of
     * DINOv2 usually are: what it needs of time and memory is counted for these.
     */
    public ModelDefinition forPictures(int height, int width) {
        return height == imageHeight() && width == imageWidth()
                ? this
                : explained(config, () -> forPictures(Shape.of(channels(), height, width)));
    }

    private ModelDefinition forPictures(Shape other) {
        return new ModelDefinition(
                this,
                other,
                blocks.stream().map(block -> block.forPictures(other)).toList());
    }

    /** The same model, made for pictures of that size and walked with them; its weights may have other shapes. */
    public ModelDefinition withImageSize(int height, int width) {
        if (views.isPresent()) {
            return views.get().withImageSize(height, width);
        }
        return redefined(architecture.withImageSize(config, height, width)).forPictures(height, width);
    }

    /** The same model with a head that pools otherwise; InputException if the family leaves no such choice. */
    public ModelDefinition withPooling(Pooling pooling) {
        return redefined(explained(config, () -> architecture.withPooling(config, pooling)))
                .forPictures(imageHeight(), imageWidth());
    }

    /**
     * The same model with low-rank adapters; InputException if there are no such maps, or they cannot be adapted.
     */
    public ModelDefinition withAdapter(LoraConfig lora) {
        return withAdapter(lora, 0);
    }

    /**
     * The same, with no adapters in the first blocks.
     *
     * @param from the first block that may have some
     */
    public ModelDefinition withAdapter(LoraConfig lora, int from) {
        return new ModelDefinition(this, lora, from, Adapters.added(this, lora, from));
    }

    /** {@return how it is adapted; empty if it is not} */
    public Optional<LoraConfig> adapter() {
        return adapter;
    }

    /** {@return the names of the linear maps that have an adapter, in order} */
    public List<String> adaptedModules() {
        return Adapters.modules(this);
    }

    /** {@return the names of the modules that are trained as a whole beside adapters, such as {@code classifier}} */
    public List<String> modulesToSave() {
        return Adapters.saved(this);
    }

    /**
     * Whether a weight is trained unless training freezes it: all are that are not constant, but beside adapters only they, new
     * weights and some biases.
     */
    public boolean trains(String weight) {
        return !constants.contains(weight) && (adapter.isEmpty() || trained.contains(weight));
    }

    /**
     * The same model with stochastic depth (Huang et al. 2016). A family whose configuration has {@code drop_path_rate} reads it from
     * there; in others a layer's contributions are dropped linearly more often from the first, never, to the last.
     *
     * @param rate how often the last layer's contributions are dropped in training, at least 0 and below 1
     * @throws InputException if its layers cannot be dropped
     */
    public ModelDefinition withDropPath(double rate) {
        if (config.has(DROP_PATH_RATE)) {
            return redefined(config.with(DROP_PATH_RATE, rate)).forPictures(imageHeight(), imageWidth());
        }
        if (rate == 0) {
            return this;
        }
        List<BlockDefinition> dropping = new ArrayList<>(blocks);
        for (int layer = 0; layer < layers(); layer++) {
            double ofLayer = rate * layer / Math.max(layers() - 1, 1);
            dropping.set(1 + layer, blocks.get(1 + layer).withDropPath(ofLayer));
        }
        return new ModelDefinition(this, picture, dropping);
    }

    /**
     * The same model, of whose two classifiers in training one learns from labels and one from a teacher, if it has two (DeiT's
     * {@code DeiTForImageClassificationWithTeacher}).
     */
    public ModelDefinition withClassifiersApart() {
        Optional<BlockDefinition> apart = head.classifier().apartInTraining();
        if (apart.isEmpty()) {
            return this;
        }
        List<BlockDefinition> all = new ArrayList<>(blocks.subList(0, blocks.size() - 1));
        all.add(new HeadDefinition(head.features(), apart.get(), head.reads()));
        return new ModelDefinition(this, picture, all);
    }

    /**
     * A masked autoencoder with this model as its encoder (He et al. 2022), for pretraining: it predicts the pixels of every patch from
     * those that it sees.
     *
     * @throws InputException if the family's models cannot be pretrained so
     */
    public ModelDefinition asMaskedAutoencoder(MaskedAutoencoding settings) {
        return explained(config, () -> architecture.maskedAutoencoder(config, settings))
                .forPictures(imageHeight(), imageWidth());
    }

    /** {@return what it hides of a picture, if it is a masked autoencoder; empty for other models} */
    public Optional<Masking> masking() {
        return masking;
    }

    /** {@return the views of a picture that it sees together, if it is pretrained by self-distillation; empty for other models} */
    public Optional<PictureViews> views() {
        return views;
    }

    /** {@return the family it belongs to} */
    public Architecture architecture() {
        return architecture;
    }

    /** {@return its {@code config.json} as transformers reads it back; what the architecture does not know is kept} */
    public JsonObject config() {
        return config;
    }

    /** {@return the label of each logit, in order} */
    public List<String> labels() {
        return labels.names();
    }

    /** {@return how many numbers it predicts of a picture: a logit for each label, or pixels} */
    public int outputs() {
        return Math.toIntExact(shapes.get(shapes.size() - 1).numbers());
    }

    /** {@return how many of a sample's first label values its blocks read, in {@link Context#labels}} */
    public int labelsRead() {
        return blocks.stream().mapToInt(BlockDefinition::labelsRead).max().orElseThrow();
    }

    /** {@return which loss fits; empty if the checkpoint leaves it to the data} */
    public Optional<ProblemType> problemType() {
        return labels.problemType();
    }

    /** {@return channels of a picture} */
    public int channels() {
        return Math.toIntExact(picture.size(0));
    }

    /** {@return rows of a picture that it is walked with} */
    public int imageHeight() {
        return Math.toIntExact(picture.size(1));
    }

    /** {@return columns of a picture that it is walked with} */
    public int imageWidth() {
        return Math.toIntExact(picture.size(2));
    }

    /** {@return its blocks in order, the head last} */
    public List<BlockDefinition> blocks() {
        return blocks;
    }

    /** {@return how many blocks it has, the head included} */
    public int blockCount() {
        return blocks.size();
    }

    /** {@return blocks between the first and the head, which a pipeline places as it likes} */
    public int layers() {
        return blocks.size() - 2;
    }

    /** {@return its last block} */
    public HeadDefinition head() {
        return head;
    }

    /** {@return the shape of one sample as it enters each block, and at last that of its logits} */
    public List<Shape> shapes() {
        return shapes;
    }

    /** The same of a picture of another size. */
    public List<Shape> shapes(int height, int width) {
        List<Shape> each = new ArrayList<>();
        each.add(Shape.of(channels(), height, width));
        blocks.forEach(block -> each.add(block.output(each.get(each.size() - 1))));
        return List.copyOf(each);
    }

    /**
     * {@return numbers of the tensor between two blocks, for one sample: the median, the larger of two; in a model without stages all are
     * alike}
     */
    public long medianHidden() {
        long[] sizes = shapes.subList(1, blocks.size()).stream()
                .mapToLong(Shape::numbers)
                .sorted()
                .toArray();
        return sizes[sizes.length / 2];
    }

    /**
     * {@return whether a part of the model holds more numbers than the median block: the first blocks if hidden states become fewer on the way, or
     * the output, as a masked autoencoder's pixels do}
     */
    public boolean isUneven() {
        long most = shapes.subList(1, blocks.size()).stream()
                .mapToLong(Shape::numbers)
                .max()
                .orElse(0);
        return medianHidden() < Math.max(most, outputs());
    }

    /** {@return how many features the head makes of a picture} */
    public int features() {
        return Math.toIntExact(
                head.features().output(shapes.get(blocks.size() - 1)).numbers());
    }

    /** {@return whether training's forward draws random numbers} */
    public boolean drops() {
        return blocks.stream().anyMatch(BlockDefinition::drops);
    }

    /**
     * Lanes that may share one picture's rows among them, each with at least those that the head reads; 1 if a picture must be walked
     * whole.
     */
    public int sharingLanes() {
        boolean shares = !head.reads().all()
                && blocks.subList(0, blocks.size() - 1).stream().allMatch(BlockDefinition::sharesRows);
        return shares ? Math.toIntExact(shapes.get(1).size(0) / head.reads().most()) : 1;
    }

    /** Where a picture's tokens are, for a model with attentions ({@link Context#tap}); empty for others. */
    public Optional<TokenGrid> tokenGrid(int height, int width) {
        return tokenGrid.apply(Shape.of(channels(), height, width));
    }

    /**
     * The last hidden states in which every place of a picture still has its own: those that the head reads, or those before the last
     * layer if the head reads only some of their rows. Empty if they have no places.
     */
    public Optional<FeatureMap> featureMap(int height, int width) {
        int block = head.reads().all() ? blocks.size() - 1 : blocks.size() - 2;
        Shape hidden = shapes(height, width).get(block);
        Optional<TokenGrid> tokens = tokenGrid(height, width);
        if (tokens.isPresent()) {
            TokenGrid grid = tokens.get();
            return Optional.of(new FeatureMap(
                    block, grid.rows(), grid.columns(), grid.before(), false, Math.toIntExact(hidden.size(1))));
        }
        if (hidden.sizes().size() != PLACED_DIMENSIONS) {
            return Optional.empty();
        }
        int first = Math.toIntExact(hidden.size(0));
        int second = Math.toIntExact(hidden.size(1));
        int third = Math.toIntExact(hidden.size(2));
        return Optional.of(
                channelsLast
                        ? new FeatureMap(block, first, second, 0, false, third)
                        : new FeatureMap(block, second, third, 0, true, first));
    }

    /** The weight of that name; IllegalArgumentException if there is none. */
    public ParameterSpec weight(String name) {
        return weights().stream()
                .filter(weight -> weight.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no weight named " + name));
    }

    /** {@return the weights of all blocks, in the order of the hub's files} */
    public List<ParameterSpec> weights() {
        return weights(0, blocks.size());
    }

    /** The weights of blocks {@code from} (included) to {@code to} (not included). */
    public List<ParameterSpec> weights(int from, int to) {
        return blocks.subList(from, to).stream()
                .flatMap(block -> block.weights().stream())
                .toList();
    }

    /** The names of the weights of blocks {@code from} (included) to {@code to} (not included). */
    public Set<String> weightNames(int from, int to) {
        Set<String> names = new LinkedHashSet<>();
        weights(from, to).forEach(spec -> names.add(spec.name()));
        return names;
    }

    /**
     * {@return the names of the classifier's weights: those that belong to the labels, so that a checkpoint may lack them or have them
     * in another shape, and that are trained if the backbone is frozen}
     */
    public Set<String> classifierWeights() {
        Set<String> names = new LinkedHashSet<>();
        head.classifier().weights().forEach(spec -> names.add(spec.name()));
        return names;
    }

    /** {@return the names of the weights that a checkpoint may lack: the classifier's, what else is new with a head, and a decoder's} */
    public Set<String> newWeights() {
        Set<String> names = new LinkedHashSet<>(classifierWeights());
        if (head.features().mayBeNew()) {
            head.features().weights().forEach(spec -> names.add(spec.name()));
        }
        weights().stream().map(ParameterSpec::name).filter(mayBeNew).forEach(names::add);
        return names;
    }

    /**
     * How deep each weight lies, by name, for layer-wise decay of the learning rate: the number of its block, from 0 for the embeddings, but
     * for what {@link BlockDefinition#depthOffset} says. These are timm's groups ({@code group_matcher}), with register tokens among
     * the embeddings, as DINOv2 has them.
     */
    public Map<String, Integer> depths() {
        Map<String, Integer> depths = new LinkedHashMap<>();
        for (int block = 0; block < blocks.size(); block++) {
            for (ParameterSpec spec : blocks.get(block).weights()) {
                depths.put(spec.name(), block + blocks.get(block).depthOffset(spec.name()));
            }
        }
        return depths;
    }

    /** All blocks over these weights. */
    public List<Block> over(Parameters parameters) {
        return over(parameters, 0, blocks.size());
    }

    /** Blocks {@code from} (inclusive) to {@code to} (exclusive); the parameters need to contain only their weights. */
    public List<Block> over(Parameters parameters, int from, int to) {
        return blocks.subList(from, to).stream()
                .map(block -> block.over(parameters))
                .toList();
    }

    /** The blocks from pictures to their features {@code [batch, features]}. */
    public List<Block> featuresOver(Parameters parameters) {
        List<Block> over = new ArrayList<>(over(parameters, 0, blocks.size() - 1));
        over.add(head.features().over(parameters));
        return List.copyOf(over);
    }

    /** The one block from such features to logits. */
    public List<Block> classifierOver(Parameters parameters) {
        return List.of(head.classifier().over(parameters));
    }

    @Override
    public String toString() {
        return config.line();
    }

    /**
     * Begins a definition; for an {@link Architecture}.
     *
     * @param config with all that the family keeps there filled in
     */
    public static Builder builder(Architecture architecture, JsonObject config) {
        return new Builder(architecture, config);
    }

    /** What an architecture says of a model. */
    public static final class Builder {
        private final Architecture architecture;
        private final JsonObject config;
        private final ModelLabels labels;
        private Function<Shape, Optional<TokenGrid>> tokenGrid = picture -> Optional.empty();
        private List<BlockDefinition> blocks = List.of();
        private boolean channelsLast;
        private Shape picture;
        private HeadDefinition head;
        private Predicate<String> mayBeNew = weight -> false;
        private Optional<Masking> masking = Optional.empty();
        private Optional<PictureViews> views = Optional.empty();

        private Builder(Architecture architecture, JsonObject config) {
            this.architecture = architecture;
            this.config = config;
            this.labels = explained(config, () -> ModelLabels.of(config));
        }

        /** {@return how many labels the classifier is for} */
        public int labelCount() {
            return labels.names().size();
        }

        /** The pictures it is made for; others may do, too. */
        public Builder pictures(int channels, int height, int width) {
            picture = Shape.of(channels, height, width);
            return this;
        }

        /** Says where tokens lie in a picture of a size, for a model that shows its attentions to {@link Context#tap}. */
        public Builder tokenGrid(GridOfPicture grid) {
            tokenGrid = shape -> Optional.of(grid.of(Math.toIntExact(shape.size(1)), Math.toIntExact(shape.size(2))));
            return this;
        }

        /**
         * Says that hidden states of three dimensions are {@code [rows, columns, channels]}; otherwise they are
         * {@code [channels, rows, columns]}, as pictures are.
         */
        public Builder channelsLast() {
            channelsLast = true;
            return this;
        }

        /** The blocks before the head. */
        public Builder blocks(List<? extends BlockDefinition> before) {
            blocks = List.copyOf(before);
            return this;
        }

        /** The last block. */
        public Builder head(HeadDefinition last) {
            head = last;
            return this;
        }

        /** Says that it is a masked autoencoder. */
        public Builder masking(Masking hidden) {
            masking = Optional.of(hidden);
            return this;
        }

        /** Says that it sees several views of each picture. */
        Builder views(PictureViews ofPicture) {
            views = Optional.of(ofPicture);
            return this;
        }

        /** Which weights a checkpoint may lack beside the head's new ones, by name: they are then initialised. */
        public Builder mayLack(Predicate<String> weights) {
            mayBeNew = weights;
            return this;
        }

        /** {@return the definition} */
        public ModelDefinition build() {
            return new ModelDefinition(this);
        }
    }

    /** Where tokens lie in a picture of a size. */
    @FunctionalInterface
    public interface GridOfPicture {
        /** The grid of a picture of so many rows and columns. */
        TokenGrid of(int height, int width);
    }
}
