package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.base.Progress;
import io.vit4j.data.Batch;
import io.vit4j.hub.CheckpointSource;
import io.vit4j.hub.HubSettings;
import io.vit4j.image.ImageProcessor;
import io.vit4j.model.ModelDefinition;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Operator;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.train.arguments.TrainingArguments;
import io.vit4j.train.engine.Engine;
import io.vit4j.train.engine.EngineSettings;
import io.vit4j.train.engine.TrainingRun;
import io.vit4j.walk.Inference;
import io.vit4j.walk.Lanes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A tuned model whose predictions another one learns ({@link io.vit4j.walk.DistillationLoss}). It sees each picture of a batch as the
 * student does, augmentation included, but normalised and sized for itself; its logits follow the sample's labels. They depend on the
 * picture alone.
 */
final class Teacher implements Tutor {
    private static final int CHANNELS = 3;
    private static final int BRIGHTEST = 255;

    private final String name;
    private final VisionModel model;
    private final ImageProcessor student;
    private final int[] order;
    private final boolean sizesItself;
    private final Lanes lanes;
    private final Inference inference;
    private FloatBuffer pixels = FloatBuffer.allocate(0);

    private Teacher(String name, VisionModel model, VisionModel student, EngineSettings settings) {
        this.name = name;
        this.model = model;
        this.student = student.processor();
        order = order(name, model.definition(), student.definition());
        ModelDefinition made = model.definition();
        sizesItself = made.imageHeight() != student.definition().imageHeight()
                || made.imageWidth() != student.definition().imageWidth();
        lanes = new Lanes(settings.lanes());
        inference = new Inference(made, model.parameters(), settings.evalDtype(), lanes, settings.chunkSize());
    }

    /**
     * Opens the model that {@code teacher} names.
     *
     * @param dtype that the student is trained in
     * @throws InputException if it predicts other labels, or of other pictures
     */
    static Teacher open(
            TrainingArguments arguments, VisionModel student, Dtype dtype, int localRanks, Progress.Factory progress) {
        String name = arguments.teacher().orElseThrow();
        Path folder = CheckpointSource.resolve(name, HubSettings.fromEnvironment(), progress);
        VisionModel model = Pretrained.load(
                        folder, Pretrained.Options.asItIs(student.parameters().device()))
                .model();
        try {
            requireFit(name, model.definition(), student.definition());
            EngineSettings settings = TrainingRun.settings(
                    arguments, model, dtype, student.parameters().device(), localRanks);
            return new Teacher(name, model, student, settings);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private static void requireFit(String name, ModelDefinition teacher, ModelDefinition student) {
        if (teacher.problemType().isPresent()
                && student.problemType().isPresent()
                && !teacher.problemType().equals(student.problemType())) {
            throw new InputException("teacher " + name + " is for " + words(teacher) + " labels, the model for "
                    + words(student) + "; use a teacher that was tuned on the same data");
        }
        if (teacher.channels() != student.channels()) {
            throw new InputException("teacher " + name + " takes pictures of " + teacher.channels()
                    + " channels, the model of " + student.channels() + "; use another teacher");
        }
    }

    private static String words(ModelDefinition model) {
        return model.problemType().orElseThrow().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Where each of the student's labels is among the teacher's. */
    private static int[] order(String name, ModelDefinition teacher, ModelDefinition student) {
        List<String> known = teacher.labels();
        int[] order = student.labels().stream().mapToInt(known::indexOf).toArray();
        for (int i = 0; i < order.length; i++) {
            if (order[i] < 0) {
                throw new InputException("teacher " + name + " does not predict "
                        + student.labels().get(i) + "; use a teacher that was tuned for the same labels");
            }
        }
        return order;
    }

    /** The batches with this model's logits behind the labels. */
    @Override
    public Iterator<Batch> step(Iterator<Batch> batches, int count, Engine engine, int epoch) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return batches.hasNext();
            }

            @Override
            public Batch next() {
                return taught(batches.next());
            }
        };
    }

    private Batch taught(Batch batch) {
        float[] logits = inference.run(List.of(asTaken(batch)).iterator(), batch.size());
        int own = batch.labelCount();
        int outputs = model.labels().size();
        int width = own + order.length;
        float[] labels = new float[batch.size() * width];
        for (int i = 0; i < batch.size(); i++) {
            System.arraycopy(batch.labels(), i * own, labels, i * width, own);
            for (int j = 0; j < order.length; j++) {
                labels[i * width + own + j] = logits[i * outputs + order[j]];
            }
        }
        return batch.withLabels(labels, width);
    }

    /** The same pictures as this model takes them; closing it leaves the batch open. */
    private Batch asTaken(Batch batch) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor given =
                    Tensors.over(batch.pixelValues(), batch.size(), batch.channels(), batch.height(), batch.width());
            Tensor taken = sized(normalised(given));
            float[] numbers = Tensors.toFloats(taken);
            if (pixels.capacity() < numbers.length) {
                pixels = ByteBuffer.allocateDirect(numbers.length * Float.BYTES)
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
            }
            pixels.clear().put(numbers).flip();
            return new Batch(
                    batch.rows(),
                    batch.files(),
                    pixels.slice(),
                    batch.channels(),
                    (int) taken.size(2),
                    (int) taken.size(3),
                    batch.labels(),
                    batch.labelCount(),
                    () -> {});
        }
    }

    /** From the student's normalisation to this model's, both of which are linear in a channel's brightness. */
    private Tensor normalised(Tensor given) {
        float[][] from = student.normalisationTable();
        float[][] to = model.processor().normalisationTable();
        int channels = Math.min(CHANNELS, (int) given.size(1));
        float[] factor = new float[channels];
        float[] shift = new float[channels];
        for (int c = 0; c < channels; c++) {
            factor[c] = (to[c][BRIGHTEST] - to[c][0]) / (from[c][BRIGHTEST] - from[c][0]);
            shift[c] = to[c][0] - factor[c] * from[c][0];
        }
        Tensor factors = Tensors.of(factor, channels, 1, 1);
        Tensor shifts = Tensors.of(shift, channels, 1, 1);
        return torch.addcmul(shifts, given, factors);
    }

    private Tensor sized(Tensor pictures) {
        ModelDefinition made = model.definition();
        if (!sizesItself || pictures.size(2) == made.imageHeight() && pictures.size(3) == made.imageWidth()) {
            return pictures;
        }
        Operator resize = Operator.named("aten::_upsample_bicubic2d_aa", "");
        return new Tensor(resize.call(
                        new IValue(pictures),
                        resize.list(1, made.imageHeight(), made.imageWidth()),
                        new IValue(false), // corners are not aligned
                        new IValue(),
                        new IValue())
                .get(0)
                .toTensor());
    }

    @Override
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        inference.close();
        lanes.close();
        model.close();
    }
}
