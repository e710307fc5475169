package io.vit4j.spark;

import io.vit4j.infer.Explanation;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.model.Pretrained;
import io.vit4j.model.VisionModel;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.TorchRuntime;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkEnv;

/** The models in this executor's memory: one copy each, for all of its tasks. One that no task uses goes when another is needed. */
final class ClassifierPool {
    /**
     * A model and how it computes.
     *
     * @param folder with the tuned model
     * @param name of its copy on an executor's machine, which changes with the model
     * @param localDir where copies are kept
     */
    record Key(HadoopFolder folder, String name, String localDir, Dtype dtype) implements Serializable {
        /** Two of equal names are copies of equal files. */
        private String text() {
            return localDir + " " + name + " " + dtype;
        }
    }

    private static final Map<String, Entry> ENTRIES = new HashMap<>();

    private ClassifierPool() {}

    private static final class Entry {
        private final Path folder;
        private final ImageClassifier classifier;
        private VisionModel differentiable;
        private Explanation explanation;
        private int users;

        Entry(Path folder, ImageClassifier classifier) {
            this.folder = folder;
            this.classifier = classifier;
        }

        /** Reads the weights once more at the first call. */
        synchronized Explanation explanation() {
            if (explanation == null) {
                differentiable = Pretrained.load(folder, Pretrained.Options.asItIs(Device.CPU))
                        .model();
                explanation = new Explanation(differentiable);
            }
            return explanation;
        }

        void close() {
            classifier.close();
            if (explanation != null) {
                explanation.close();
                differentiable.close();
            }
        }
    }

    /** A task's hold on a model. */
    static final class Lease implements AutoCloseable {
        private final Entry entry;
        private boolean closed;

        private Lease(Entry entry) {
            this.entry = entry;
        }

        ImageClassifier classifier() {
            return entry.classifier;
        }

        Explanation explanation() {
            return entry.explanation();
        }

        @Override
        public void close() {
            synchronized (ENTRIES) {
                if (!closed) {
                    closed = true;
                    entry.users--;
                }
            }
        }
    }

    static Lease lease(Key key) {
        synchronized (ENTRIES) {
            Entry entry = ENTRIES.get(key.text());
            if (entry == null) {
                ENTRIES.values().removeIf(other -> {
                    boolean idle = other.users == 0;
                    if (idle) {
                        other.close();
                    }
                    return idle;
                });
                Path folder = LocalFolders.copy(key.folder(), key.name(), key.localDir());
                ImageClassifier.Options options = ImageClassifier.Options.defaults()
                        .withDtype(key.dtype())
                        .withThreads(threads());
                entry = new Entry(folder, ImageClassifier.load(folder, options));
                ENTRIES.put(key.text(), entry);
            }
            entry.users++;
            return new Lease(entry);
        }
    }

    /** The cores that the cluster gave this executor; those of the machine if it did not say. */
    private static int threads() {
        SparkEnv environment = SparkEnv.get();
        int cores = environment == null ? 0 : environment.conf().getInt("spark.executor.cores", 0);
        return cores > 0 ? cores : TorchRuntime.threads();
    }
}
