package io.vit4j.cli.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Work that takes down how long all threads of this process were on a processor for it, compilers and collector included. Other work on
 * the machine changes this less than what the clock says.
 */
final class ProcessorTime implements Runnable {
    private final Runnable work;
    private final List<Double> seconds = new ArrayList<>();

    ProcessorTime(Runnable work) {
        this.work = work;
    }

    @Override
    public void run() {
        double start = Machine.processorSeconds();
        work.run();
        seconds.add(Machine.processorSeconds() - start);
    }

    /** The median of all runs but the first few, in seconds. */
    double median(int warmUp) {
        List<Double> kept = seconds.subList(warmUp, seconds.size());
        return Timings.quantile(kept.stream().mapToDouble(Double::doubleValue).toArray(), 0.5);
    }
}
