package io.vit4j.parallel;

/** A communication under way. Its tensors must not be touched before {@link #await} returns. */
public interface Pending {
    /** Nothing to wait for. */
    Pending DONE = () -> {};

    /**
     * Waits until the tensors contain the result, or may be reused. Call it once.
     *
     * @throws RankFailedException if another rank dies in the meantime
     */
    void await();
}
