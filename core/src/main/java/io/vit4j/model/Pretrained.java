package io.vit4j.model;

import io.vit4j.base.InputException;
import io.vit4j.data.ProblemType;
import io.vit4j.hub.AdapterFolder;
import io.vit4j.hub.CheckpointFiles;
import io.vit4j.hub.StoredTensor;
import io.vit4j.hub.WeightSource;
import io.vit4j.image.ImageProcessor;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** Fills a model's weights from a checkpoint's files, as transformers' {@code from_pretrained} does. */
public final class Pretrained {
    private Pretrained() {}

    /**
     * How a checkpoint is to be loaded.
     *
     * @param labels the labels to be learned; empty: the checkpoint's own
     * @param problemType what they mean; empty: what the checkpoint says
     * @param ignoreMismatchedSizes whether a classifier for other labels is replaced by a new one
     * @param seed of what is initialised
     * @param imageSize of the pictures that the model is made for, its weights made over; empty: the checkpoint's own
     * @param pooling of the head; empty: the checkpoint's own
     * @param adapting what becomes of adapters
     * @param pretraining the method by which the checkpoint's model is pretrained; empty: the model itself
     */
    public record Options(
            Device device,
            Optional<List<String>> labels,
            Optional<ProblemType> problemType,
            boolean ignoreMismatchedSizes,
            long seed,
            Optional<Sides> imageSize,
            Optional<Pooling> pooling,
            Adapting adapting,
            Optional<Pretraining> pretraining) {
        /** Of the checkpoint's own pictures and pooling. */
        public Options(
                Device device,
                Optional<List<String>> labels,
                Optional<ProblemType> problemType,
                boolean ignoreMismatchedSizes,
                long seed) {
            this(
                    device,
                    labels,
                    problemType,
                    ignoreMismatchedSizes,
                    seed,
                    Optional.empty(),
                    Optional.empty(),
                    Adapting.MERGED,
                    Optional.empty());
        }

        /** The same for pictures of another size. */
        public Options withImageSize(Optional<Sides> size) {
            return new Options(
                    device, labels, problemType, ignoreMismatchedSizes, seed, size, pooling, adapting, pretraining);
        }

        /** The same with a head that pools otherwise. */
        public Options withPooling(Optional<Pooling> other) {
            return new Options(
                    device, labels, problemType, ignoreMismatchedSizes, seed, imageSize, other, adapting, pretraining);
        }

        /** The same with adapters treated so. */
        public Options withAdapting(Adapting other) {
            return new Options(
                    device, labels, problemType, ignoreMismatchedSizes, seed, imageSize, pooling, other, pretraining);
        }

        /** For pretraining; what the method adds to the model, such as a decoder, is new if the checkpoint has none. */
        public static Options pretraining(Device device, Pretraining method, long seed) {
            return new Options(
                    device,
                    Optional.empty(),
                    Optional.empty(),
                    false,
                    seed,
                    Optional.empty(),
                    Optional.empty(),
                    Adapting.MERGED,
                    Optional.of(method));
        }

        /** As the checkpoint is, which must be complete. */
        public static Options asItIs(Device device) {
            return new Options(device, Optional.empty(), Optional.empty(), false, 0);
        }

        /** As the checkpoint is, for data of that type; InputException at loading if the checkpoint says another. */
        public static Options asItIs(Device device, ProblemType type) {
            return new Options(device, Optional.empty(), Optional.of(type), false, 0);
        }
    }

    /**
     * What becomes of adapters.
     *
     * @param added a new adapter for a checkpoint that has none; empty if none is added
     * @param from the first block that may be adapted by it
     * @param keeps whether a checkpoint that is an adapter stays one; otherwise it is merged into its model's weights
     * @param base the model that such a checkpoint adapts; empty: the one that it names
     * @param name of the checkpoint, to be written where the adapter is saved; empty: its folder
     */
    public record Adapting(
            Optional<LoraConfig> added, int from, boolean keeps, Optional<Path> base, Optional<String> name) {
        /** A checkpoint that is an adapter becomes a plain model. */
        public static final Adapting MERGED =
                new Adapting(Optional.empty(), 0, false, Optional.empty(), Optional.empty());

        /** A checkpoint that is an adapter stays one, to be trained further. */
        public static final Adapting KEPT = new Adapting(Optional.empty(), 0, true, Optional.empty(), Optional.empty());

        /** A checkpoint gets a new adapter, from a block on. */
        public static Adapting by(LoraConfig lora, int from) {
            return new Adapting(Optional.of(lora), from, true, Optional.empty(), Optional.empty());
        }

        /** The same over that model instead of the one that the adapter names. */
        public Adapting over(Path model) {
            return new Adapting(added, from, keeps, Optional.of(model), name);
        }

        /** The same with the checkpoint's name. */
        public Adapting named(String checkpoint) {
            return new Adapting(added, from, keeps, base, Optional.of(checkpoint));
        }
    }

    /** A model and how the checkpoint's weights fitted it. */
    public record Loaded(VisionModel model, WeightReport report) {}

    /** Loads a checkpoint folder, in any of its four forms. */
    public static Loaded load(Path folder, Options options) {
        return load(folder, options, definition -> name -> true);
    }

    /**
     * Loads only the weights that this process needs from a checkpoint folder. The others must exist, and their shapes are
     * compared, but they are not read.
     *
     * @param held by the model's definition, whether the weight with a name is needed
     */
    public static Loaded load(Path folder, Options options, Function<ModelDefinition, Predicate<String>> held) {
        Adapting adapting = options.adapting();
        Optional<AdapterFolder> adapter = AdapterFolder.of(folder, adapting.base());
        adapting.added().filter(added -> adapter.isPresent()).ifPresent(added -> {
            throw InputException.in(
                    folder,
                    "is an adapter already; leave lora_rank out to train it further, or merge it first: vit4j merge"
                            + " --model " + folder + " --output DIR");
        });
        ModelDefinition own = adapter.map(AdaptedModels::definition).orElseGet(() -> definition(folder));
        ModelDefinition stored =
                options.pretraining().map(method -> method.around(own)).orElse(own);
        ModelDefinition plain = definition(stored, options, folder);
        ImageProcessor usual = adapter.flatMap(AdapterFolder::ownImageProcessor)
                .orElseGet(
                        () -> adapter.isPresent() ? ImageProcessor.defaults() : CheckpointFiles.imageProcessor(folder));
        ImageProcessor processor = options.imageSize()
                .map(size -> usual.scaledTo(size.height(), size.width()))
                .orElse(usual);
        Map<String, Resizing> resizings = options.imageSize().isPresent() ? resizings(stored, plain) : Map.of();
        try (WeightSource source = adapter.map(found -> AdaptedModels.openWeights(found, plain.architecture()))
                .orElseGet(() -> openWeights(folder, plain.architecture()))) {
            ModelDefinition adapted = adapter.map(found -> AdaptedModels.adapted(plain, found, source))
                    .or(() -> adapting.added().map(added -> plain.withAdapter(added, adapting.from())))
                    .orElse(plain);
            Fit fit = fit(adapted, source, options.ignoreMismatchedSizes(), resizings); // before any memory is taken
            boolean completes =
                    options.labels().isPresent() || options.pretraining().isPresent();
            if (!completes && !fit.missing().isEmpty()) {
                throw new InputException(source.description() + ": has no classifier (" + fit.missing()
                        + "); fine-tune it first with `vit4j train`");
            }
            boolean merges = adapter.isPresent() && !adapting.keeps();
            ModelDefinition definition = merges ? plain : adapted;
            Parameters parameters = VisionModel.room(definition, options.device(), held.apply(definition));
            try {
                WeightReport report = fill(parameters, source, fit, resizings, options.seed());
                if (merges) {
                    AdaptedModels.merge(parameters, adapted, source);
                }
                VisionModel model = new VisionModel(definition, parameters, processor);
                Optional<String> base = adapter.map(found -> found.config().text("base_model_name_or_path", ""))
                        .or(() -> adapting.added()
                                .map(added -> adapting.name()
                                        .orElse(folder.toAbsolutePath()
                                                .normalize()
                                                .toString())));
                return new Loaded(base.map(model::adapting).orElse(model), report);
            } catch (RuntimeException e) {
                parameters.close();
                throw e;
            }
        }
    }

    /** Opens a checkpoint's weights as a family's models have them. */
    public static WeightSource openWeights(Path folder, Architecture family) {
        return CheckpointFiles.converted(CheckpointFiles.openWeights(folder, family::canonicalName), family::fromFile);
    }

    private static ModelDefinition definition(ModelDefinition stored, Options options, Path folder) {
        ModelDefinition sized = options.imageSize()
                .map(size -> stored.withImageSize(size.height(), size.width()))
                .orElse(stored);
        ModelDefinition found = options.pooling().map(sized::withPooling).orElse(sized);
        if (options.labels().isPresent()) {
            return found.withLabels(
                    options.labels().get(),
                    options.problemType().or(found::problemType).orElse(ProblemType.MULTI_LABEL));
        }
        return options.problemType().map(type -> forData(found, type, folder)).orElse(found);
    }

    /**
     * How a stored weight becomes one of a model for pictures of another size.
     *
     * @param before its shape in the checkpoint
     * @param made the weight that is made of it
     */
    record Resizing(long[] before, UnaryOperator<Tensor> made) {}

    private static Map<String, Resizing> resizings(ModelDefinition stored, ModelDefinition definition) {
        Map<String, Resizing> resizings = new HashMap<>();
        for (int i = 0; i < definition.blockCount(); i++) {
            BlockDefinition before = stored.blocks().get(i);
            BlockDefinition after = definition.blocks().get(i);
            for (ParameterSpec spec : before.weights()) {
                after.resizing(spec.name(), before)
                        .ifPresent(made -> resizings.put(spec.name(), new Resizing(spec.shape(), made)));
            }
        }
        return resizings;
    }

    private static ModelDefinition forData(ModelDefinition definition, ProblemType type, Path folder) {
        Optional<ProblemType> own = definition.problemType();
        if (own.isPresent() && own.get() != type) {
            throw InputException.in(
                    folder.resolve(CheckpointFiles.CONFIG),
                    "problem_type is '" + own.get().configName() + "', but the labels of the data set are '"
                            + type.configName() + "'; evaluate on data of the same kind, or correct problem_type");
        }
        return definition.withLabels(definition.labels(), type);
    }

    /** What a checkpoint folder's {@code config.json} describes, for pictures of the size that it says are made. */
    public static ModelDefinition definition(Path folder) {
        Optional<AdapterFolder> adapter = AdapterFolder.of(folder);
        if (adapter.isPresent()) {
            return AdaptedModels.definition(adapter.get());
        }
        ModelDefinition definition = ModelDefinition.of(CheckpointFiles.config(folder));
        return CheckpointFiles.ownImageProcessor(folder)
                .map(processor -> definition.forPictures(processor.height(), processor.width()))
                .orElse(definition);
    }

    /**
     * Fills every weight that the checkpoint has. The head's new weights may be missing (a headless checkpoint) and are then
     * initialised; anything else that is missing is an error, whether there is room for it or not.
     *
     * @param parameters all of the model's, or some of them
     * @param source tensors under the model's names
     * @param ignoreMismatchedSizes whether a classifier of another shape is replaced by a new one; otherwise an error
     * @param seed of what is initialised
     */
    public static WeightReport fill(
            Parameters parameters,
            ModelDefinition definition,
            WeightSource source,
            boolean ignoreMismatchedSizes,
            long seed) {
        return fill(parameters, source, fit(definition, source, ignoreMismatchedSizes, Map.of()), Map.of(), seed);
    }

    /**
     * How a checkpoint's tensors fit a model's weights, by their names and shapes.
     *
     * @param stored the names of weights that are read
     * @param missing of the weights that may be new
     * @param mismatched of the classifier's weights, with their shapes
     * @param fresh the names of weights that are initialised
     * @param unused tensors that the model does not have
     */
    record Fit(
            List<String> stored,
            List<String> missing,
            List<String> mismatched,
            List<String> fresh,
            List<String> unused) {
        /** The same of some weights. */
        Fit of(Predicate<String> some) {
            return new Fit(
                    stored.stream().filter(some).toList(),
                    missing.stream().filter(some).toList(),
                    mismatched,
                    fresh.stream().filter(some).toList(),
                    unused);
        }
    }

    static Fit fit(
            ModelDefinition definition,
            WeightSource source,
            boolean ignoreMismatchedSizes,
            Map<String, Resizing> resizings) {
        Set<String> classifier = definition.classifierWeights();
        Set<String> mayBeNew = definition.newWeights();
        List<String> fitting = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        List<String> mismatched = new ArrayList<>();
        List<String> fresh = new ArrayList<>();
        Set<String> wanted = new HashSet<>();
        for (ParameterSpec spec : definition.weights()) {
            String name = spec.name();
            wanted.add(name);
            Optional<StoredTensor> stored = source.tensor(name);
            if (stored.isEmpty() && startsNew(spec, source)) {
                fresh.add(name);
                continue;
            }
            if (stored.isEmpty()) {
                if (!mayBeNew.contains(name)) {
                    throw new InputException(source.description() + ": the tensor " + name
                            + " is missing; the checkpoint is incomplete or its config.json belongs to another model");
                }
                missing.add(name);
                fresh.add(name);
                continue;
            }
            long[] expected = resizings.containsKey(name) ? resizings.get(name).before() : spec.shape();
            if (!Arrays.equals(stored.get().shape(), expected)) {
                String shapes = name + " " + Arrays.toString(expected) + " instead of "
                        + Arrays.toString(stored.get().shape());
                if (!classifier.contains(name)) {
                    throw new InputException(source.description() + ": " + shapes
                            + "; config.json and the weights belong to different models");
                }
                if (!ignoreMismatchedSizes) {
                    throw new InputException(source.description() + ": " + shapes
                            + "; the checkpoint's classifier is for other labels or features; use --ignore-mismatched-sizes to start with"
                            + " a new one");
                }
                mismatched.add(shapes);
                fresh.add(name);
            } else {
                fitting.add(name);
            }
        }
        List<String> unused = source.tensors().stream()
                .map(StoredTensor::name)
                .filter(name -> !wanted.contains(name))
                .filter(name -> !definition.architecture().passesOver(name))
                .toList();
        return new Fit(fitting, missing, mismatched, fresh, unused);
    }

    /** Of an adapter of a checkpoint that has none. */
    private static boolean startsNew(ParameterSpec spec, WeightSource source) {
        return spec.role() instanceof LowRank.Settings
                && source.tensors().stream()
                        .noneMatch(tensor -> LowRank.mapOfDown(tensor.name()).isPresent());
    }

    static WeightReport fill(
            Parameters parameters, WeightSource source, Fit fit, Map<String, Resizing> resizings, long seed) {
        for (String name : fit.stored()) {
            if (parameters.entry(name).isPresent()) {
                StoredTensor stored = source.tensor(name).orElseThrow();
                if (resizings.containsKey(name)) {
                    readResized(stored, resizings.get(name), parameters.get(name), source.description());
                } else {
                    StoredWeights.read(stored, parameters.get(name), source.description());
                }
            }
        }
        new FirstWeights(seed)
                .draw(
                        parameters,
                        fit.fresh().stream()
                                .filter(name -> parameters.entry(name).isPresent())
                                .toList());
        return new WeightReport(fit.missing(), fit.unused(), fit.mismatched());
    }

    private static void readResized(StoredTensor stored, Resizing resizing, Tensor destination, String source) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor before = Tensors.empty(Dtype.FLOAT32, Device.CPU, stored.shape());
            StoredWeights.read(stored, before, source);
            destination.detach().copy_(resizing.made().apply(before));
        }
    }
}
