package io.vit4j.parallel;

/** A communication under way. Its tensors must not be touched before {@link #await} returns. */
public interface Pending {
    /** Nothing to wait for. */
    Pending DONE = () -> {};

    /**
     * Waits until the tensors hold the result, or may be reused. To be called once.
     *
     * @throws RankFailedException where another rank dies meanwhile
     */
    void await();
}
