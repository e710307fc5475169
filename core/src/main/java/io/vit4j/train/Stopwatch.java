package io.vit4j.train;

/** Seconds of training over all interruptions. */
final class Stopwatch {
    private final double before;
    private final long start = System.nanoTime();
    private long lapStart = start;

    Stopwatch(double before) {
        this.before = before;
    }

    /** Seconds since the last lap. */
    double lap() {
        long now = System.nanoTime();
        double seconds = (now - lapStart) / 1e9;
        lapStart = now;
        return seconds;
    }

    double stop() {
        return lap();
    }

    /** Seconds of this process and all before it. */
    double seconds() {
        return before + (System.nanoTime() - start) / 1e9;
    }
}
