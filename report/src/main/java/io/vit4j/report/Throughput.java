package io.vit4j.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.List;

/** Images a second between log lines; the time of evaluations is not counted. For several threads. */
final class Throughput {
    /** A run of a million log lines has as many points as a screen has columns. */
    private static final int MOST = 2000;

    private final long imagesPerStep;
    private final List<double[]> points = new ArrayList<>();
    private long lastStep;
    private long lastTime;
    private boolean paused;
    private long every = 1;
    private long seen;

    Throughput(long imagesPerStep) {
        this.imagesPerStep = imagesPerStep;
    }

    synchronized void begin(long step) {
        lastStep = step;
        lastTime = System.nanoTime();
    }

    /** What happens until the next log line is not training alone. */
    synchronized void pause() {
        paused = true;
    }

    synchronized void logged(long step, double epoch) {
        long now = System.nanoTime();
        if (step > lastStep && !paused && seen++ % every == 0) {
            points.add(new double[] {epoch, (step - lastStep) * imagesPerStep / ((now - lastTime) * 1e-9)});
            if (points.size() > MOST) {
                for (int i = points.size() - 1; i > 0; i -= 2) {
                    points.remove(i);
                }
                every *= 2;
            }
        }
        lastStep = step;
        lastTime = now;
        paused = false;
    }

    ArrayNode toJson() {
        return RunFacts.pairs(soFar());
    }

    private synchronized List<double[]> soFar() {
        return List.copyOf(points);
    }
}
