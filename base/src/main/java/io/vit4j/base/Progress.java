package io.vit4j.base;

/**
 * Told how far a long piece of work has come; the command draws it as a bar. Implementations must be safe to call from
 * several threads.
 */
public interface Progress extends AutoCloseable {
    /** Shows nothing. */
    Factory NONE = (what, total) -> new Progress() {
        @Override
        public void advance(long by) {}

        @Override
        public void close() {}
    };

    /**
     * Units that were done before this piece of work began, by the run that it resumes: they count as done, and not for the rate.
     *
     * @param done units done earlier; called once, before the first {@link #advance}
     */
    default void begin(long done) {
        advance(done);
    }

    /** @param by units done since the last call */
    void advance(long by);

    /** Adds a short remark behind the bar, such as the loss; empty by default. */
    default void note(String remark) {}

    @Override
    void close();

    /** Starts a bar. */
    interface Factory {
        /**
         * @param what a short description of the work: "Preparing images"
         * @param total units, or -1 if unknown
         */
        Progress start(String what, long total);
    }
}
