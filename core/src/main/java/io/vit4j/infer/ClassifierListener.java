package io.vit4j.infer;

/**
 * Receives measurements from an {@link ImageClassifier}, for metrics: how long each step takes and how many pictures are computed
 * together. It is called on the classifier's own threads, several at once, and must return quickly.
 */
public interface ClassifierListener {
    /** One that ignores everything. */
    ClassifierListener NONE = new ClassifierListener() {};

    /**
     * A picture was decoded, resized and normalised.
     *
     * @param nanos how long that took
     */
    default void decoded(long nanos) {}

    /**
     * A picture is about to be computed.
     *
     * @param nanos how long it had waited since it was decoded
     */
    default void waited(long nanos) {}

    /**
     * Pictures were computed together.
     *
     * @param pictures how many
     * @param nanos how long that took
     */
    default void walked(int pictures, long nanos) {}
}
