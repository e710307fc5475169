package io.vit4j.serve;

import io.vit4j.infer.ImageClassifier;
import java.nio.file.Path;

/**
 * A model that is being served, for other uses within the same program; see {@link ModelServer#use}.
 *
 * @param classifier for any number of threads at once
 * @param folder that it was loaded from
 * @param version that it is served in
 */
public record LoadedModel(ImageClassifier classifier, Path folder, String version) {}
