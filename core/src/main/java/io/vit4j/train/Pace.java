package io.vit4j.train;

import io.vit4j.train.checkpoint.TrainerState;
import java.util.Locale;

/** How fast the steps of this process go, and what share of their time is spent waiting for data. */
final class Pace {
    /** The key of that share in log entries and results. */
    static final String WAIT_SHARE = "data_wait_share";

    /** Weight of the past at each step in what the progress line shows: it looks back about ten steps. */
    private static final double REMEMBERED = 0.9;

    private double recentImages;
    private double recentSeconds;
    private double recentWait;
    private double loggedSeconds;
    private double loggedWait;
    private double seconds;
    private double wait;
    private double loaderWaited;

    /** An epoch begins, with a loader that has not been waited for yet. */
    void newLoader() {
        loaderWaited = 0;
    }

    /**
     * A step is done.
     *
     * @param images its samples
     * @param took seconds of the step, waiting included
     * @param waited seconds that the loader has been waited for since the epoch began
     */
    void step(int images, double took, double waited) {
        double waitedNow = waited - loaderWaited;
        loaderWaited = waited;
        recentImages = REMEMBERED * recentImages + images;
        recentSeconds = REMEMBERED * recentSeconds + took;
        recentWait = REMEMBERED * recentWait + waitedNow;
        loggedSeconds += took;
        loggedWait += waitedNow;
        seconds += took;
        wait += waitedNow;
    }

    /** The share since this was last asked, from 0 to 1. */
    double takeWaitShare() {
        double share = share(loggedWait, loggedSeconds);
        loggedWait = 0;
        loggedSeconds = 0;
        return share;
    }

    /** The share over all steps of this process, from 0 to 1. */
    double waitShare() {
        return share(wait, seconds);
    }

    private static double share(double waited, double of) {
        return of > 0 ? Math.min(1, waited / of) : 0;
    }

    /** {@code epoch 0.52, loss 0.4213, lr 1.5e-04, 31.2 images/s, data wait 2%}. */
    String note(TrainerState state, double loss, double rate) {
        return String.format(
                Locale.ROOT,
                "epoch %.2f, loss %.4f, lr %.1e, %.1f images/s, data wait %.0f%%",
                state.epoch(),
                loss,
                rate,
                recentSeconds > 0 ? recentImages / recentSeconds : 0,
                100 * share(recentWait, recentSeconds));
    }
}
