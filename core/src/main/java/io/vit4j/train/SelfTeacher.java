package io.vit4j.train;

import io.vit4j.base.InputException;
import io.vit4j.data.Batch;
import io.vit4j.metrics.Metrics;
import io.vit4j.model.PictureViews;
import io.vit4j.model.SelfDistillation;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import io.vit4j.train.engine.Engine;
import io.vit4j.train.engine.EngineSettings;
import io.vit4j.walk.Inference;
import io.vit4j.walk.Lanes;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * DINO's teacher (Caron et al. 2021): the average of the student's weights, which the optimizer keeps. Of each large view it says the
 * probabilities {@code softmax((logits - centre) / temperature)}; the centre, which is kept with the weights, follows the mean of its logits
 * step by step.
 */
final class SelfTeacher implements Tutor {
    private final VisionModel model;
    private final PictureViews views;
    private final SelfDistillation settings;
    private final EngineSettings engineSettings;
    private final Lanes lanes;
    private double entropy = Double.NaN;

    SelfTeacher(VisionModel model, RunLayout layout, EngineSettings engineSettings) {
        if (layout.mesh().isPresent()) {
            throw new InputException("self-distillation runs in one process; leave out parallel, n_ipu and launch");
        }
        this.model = model;
        this.engineSettings = engineSettings;
        views = model.definition().views().orElseThrow();
        settings = views.settings();
        lanes = new Lanes(engineSettings.lanes());
    }

    /** The centre moves once all batches of the step have been seen. */
    @Override
    public Iterator<Batch> step(Iterator<Batch> batches, int count, Engine engine, int epoch) {
        List<Batch> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(batches.next());
        }
        float[] centre = centre();
        List<Batch> taught = new ArrayList<>();
        double[] sum = new double[centre.length];
        double entropies = 0;
        int rows = 0;
        List<float[]> logits = logits(all, engine);
        for (int i = 0; i < count; i++) {
            TeacherOutput output =
                    new TeacherOutput(logits.get(i), settings.head().prototypes());
            output.addTo(sum);
            rows += output.rows();
            float[] probabilities =
                    output.probabilities(centre, settings.teacher().temperature(epoch));
            entropies += TeacherOutput.entropy(probabilities);
            taught.add(all.get(i)
                    .withLabels(probabilities, views.globals() * settings.head().prototypes()));
        }
        entropy = entropies / Math.max(1, rows);
        move(TeacherOutput.followed(centre, sum, rows, settings.teacher().centreMomentum()));
        return taught.iterator();
    }

    @Override
    public Iterator<Batch> evaluation(Iterator<Batch> batches, Engine engine, int epoch) {
        float[] centre = centre();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return batches.hasNext();
            }

            @Override
            public Batch next() {
                Batch batch = batches.next();
                float[] logits = logits(List.of(batch), engine).get(0);
                return batch.withLabels(
                        new TeacherOutput(logits, settings.head().prototypes())
                                .probabilities(centre, settings.teacher().temperature(epoch)),
                        views.globals() * settings.head().prototypes());
            }
        };
    }

    /** What the teacher's weights make of the large views, {@code [samples, large views, prototypes]} of each batch. */
    private List<float[]> logits(List<Batch> batches, Engine engine) {
        engine.swapAveraged();
        try (Inference inference = new Inference(
                views.globalsOver(model.parameters()),
                views.globals() * settings.head().prototypes(),
                0,
                model.parameters().device(),
                engineSettings.evalDtype(),
                lanes,
                engineSettings.chunkSize())) {
            return batches.stream()
                    .map(batch -> inference.run(List.of(lent(batch)).iterator(), batch.size()))
                    .toList();
        } finally {
            engine.swapAveraged();
        }
    }

    /** The same batch; closing it leaves the other open. */
    private static Batch lent(Batch batch) {
        return new Batch(
                batch.rows(),
                batch.files(),
                batch.pixelValues(),
                batch.channels(),
                batch.height(),
                batch.width(),
                batch.labels(),
                batch.labelCount(),
                () -> {});
    }

    private float[] centre() {
        try (Scope scope = new Scope()) {
            return Tensors.toFloats(model.parameters().get(PictureViews.CENTRE));
        }
    }

    private void move(float[] moved) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Tensor kept = model.parameters().get(PictureViews.CENTRE);
            kept.copy_(Tensors.to(
                    Tensors.of(moved, moved.length), model.parameters().device()));
        }
    }

    @Override
    public Set<String> still(int epoch) {
        return epoch < settings.freezeLastLayer() ? Set.of(PictureViews.LAST_LAYER) : Set.of();
    }

    @Override
    public boolean isAverage() {
        return true;
    }

    /** The mean entropy of what the teacher says of a view: 0, or the logarithm of the prototypes, if it says the same of all. */
    @Override
    public Metrics noted(Metrics entry) {
        return Double.isNaN(entropy) ? entry : entry.with("teacher_entropy", entropy);
    }

    @Override
    public void close() {
        lanes.close();
    }
}
