package io.vit4j.parallel;

import io.vit4j.parallel.Plan.Prediction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The best layout for each number of ranks from 1 to 4,096, as a table.
 *
 * <p>For each number of ranks, every pipeline depth that divides it is tried, with recomputation and sharding on and off if
 * the configuration leaves them off. Among the layouts that fit into memory, the requested global batch comes first (if
 * replicas cannot divide it, the smallest larger one), then images per second.
 */
public final class PlanTable {
    /** The largest number of ranks that a row is computed for. */
    public static final int MOST_RANKS = 4096;

    private PlanTable() {}

    /**
     * A line of the table.
     *
     * @param best the best layout that fits; empty if none does
     * @param leastBytes memory of the rank that needs most, in the layout that needs least
     */
    public record PlanRow(int ranks, Optional<Prediction> best, long leastBytes) {}

    /** A row for each power of two, and for the number of ranks that the configuration itself asks for. */
    public static List<PlanRow> rows(Plan plan, ParallelConfig config, int microBatch) {
        List<PlanRow> rows = new ArrayList<>();
        for (int ranks = 1; ranks <= MOST_RANKS; ranks *= 2) {
            if (ranks / 2 < config.ranks() && config.ranks() < ranks) {
                rows.add(row(plan, config, microBatch, config.ranks()));
            }
            rows.add(row(plan, config, microBatch, ranks));
        }
        return rows;
    }

    /** The best layout for so many ranks. */
    public static PlanRow row(Plan plan, ParallelConfig config, int microBatch, int ranks) {
        Layout asked = Layout.of(config, plan.model().definition().layers(), microBatch);
        List<Prediction> all =
                candidates(asked, ranks).stream().map(plan::predict).toList();
        long least = all.stream().mapToLong(Prediction::peakBytes).min().orElse(0);
        Optional<Prediction> best = all.stream()
                .filter(prediction -> prediction.peakBytes() <= plan.hardware().memoryBytes())
                .min(Comparator.comparingLong((Prediction p) -> p.layout().globalBatch())
                        .thenComparing(Comparator.comparingDouble(Prediction::imagesPerSecond)
                                .reversed()));
        return new PlanRow(ranks, best, least);
    }

    /**
     * The layout that makes best use of many ranks: the fastest of those whose ranks each do at least {@code efficiency} of
     * what those of the smallest layout do.
     */
    public static Optional<Prediction> suggested(List<PlanRow> rows, double efficiency) {
        double first = imagesPerRank(rows);
        return rows.stream()
                .flatMap(row -> row.best().stream())
                .filter(p -> p.imagesPerSecond() / p.layout().ranks() >= efficiency * first)
                .max(Comparator.comparingDouble(Prediction::imagesPerSecond));
    }

    /** Of the smallest number of ranks that has a layout. */
    private static double imagesPerRank(List<PlanRow> rows) {
        return rows.stream()
                .flatMap(row -> row.best().stream())
                .mapToDouble(p -> p.imagesPerSecond() / p.layout().ranks())
                .findFirst()
                .orElse(1);
    }

    /** Simplest first, so that of equally good layouts the simplest is taken. */
    private static List<Layout> candidates(Layout asked, int ranks) {
        List<Layout> layouts = new ArrayList<>();
        int layers = asked.placement().layers();
        for (int stages = 1; stages <= Math.min(ranks, Math.max(layers, asked.stages())); stages++) {
            if (ranks % stages != 0) {
                continue;
            }
            Placement placement = stages == asked.stages() ? asked.placement() : Placement.even(layers, stages);
            int replicas = ranks / stages;
            long samples = (long) asked.microBatch() * replicas;
            int accumulation = Math.toIntExact((asked.globalBatch() + samples - 1) / samples);
            for (boolean recomputation : choices(asked.recomputation(), true)) {
                for (boolean sharding : choices(asked.optimizerStateSharding(), replicas > 1)) {
                    layouts.add(new Layout(
                            placement,
                            replicas,
                            asked.microBatch(),
                            accumulation,
                            recomputation,
                            sharding,
                            asked.optimizerStateOffload()));
                }
            }
        }
        return layouts;
    }

    private static boolean[] choices(boolean asked, boolean useful) {
        return asked || !useful ? new boolean[] {asked} : new boolean[] {false, true};
    }

    /** The table, line by line; efficiency is images a second and rank, over those of the first row that has a layout. */
    public static List<String> format(List<PlanRow> rows) {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "%6s %17s %6s %6s %8s %10s %8s %12s %10s %7s %9s %8s %10s %10s",
                "ranks",
                "stages x replicas",
                "micro",
                "accum",
                "batch",
                "recompute",
                "sharded",
                "memory/rank",
                "step",
                "bubble",
                "comm",
                "hidden",
                "images/s",
                "efficiency"));
        double first = imagesPerRank(rows);
        rows.forEach(row -> lines.add(row.best()
                .map(best -> line(best, first))
                .orElseGet(() -> String.format(
                        Locale.ROOT,
                        "%6d %17s: the smallest layout needs %s a rank",
                        row.ranks(),
                        "none fits",
                        bytes(row.leastBytes())))));
        return lines;
    }

    /** One layout in words: {@code 2 stages [6, 6] x 4 replicas, micro-batch 1 x 16, recomputed, sharded}. */
    public static String describe(Layout layout) {
        return layout.stages()
                + (layout.stages() == 1
                        ? " stage"
                        : " stages " + layout.placement().layersPerStage()) + " x " + layout.replicas()
                + (layout.replicas() == 1 ? " replica" : " replicas") + ", micro-batch " + layout.microBatch() + " x "
                + layout.accumulationSteps() + (layout.recomputation() ? ", recomputed" : "")
                + (layout.optimizerStateSharding() ? ", sharded" : "");
    }

    /** What is to be expected of a layout, in words. */
    public static String describe(Prediction prediction) {
        return String.format(
                Locale.ROOT,
                "%s a step, %.1f images/s, bubble %.1f%%, communication %s (%.0f%% of it hidden), %s a rank",
                seconds(prediction.stepSeconds()),
                prediction.imagesPerSecond(),
                100 * prediction.bubble(),
                seconds(prediction.communicationSeconds()),
                100 * prediction.overlap(),
                bytes(prediction.peakBytes()));
    }

    /** Memory of every stage's rank, line by line. */
    public static List<String> memory(Prediction prediction) {
        List<String> lines = new ArrayList<>();
        String form = "%6s %7s %10s %10s %10s %10s %12s %10s";
        lines.add(String.format(
                Locale.ROOT,
                form,
                "stage",
                "layers",
                "weights",
                "gradients",
                "optimizer",
                "copies",
                "activations",
                "total"));
        for (int stage = 0; stage < prediction.memory().size(); stage++) {
            Plan.Memory memory = prediction.memory().get(stage);
            lines.add(String.format(
                    Locale.ROOT,
                    form,
                    stage,
                    prediction.layout().placement().layersPerStage().get(stage),
                    bytes(memory.parameters()),
                    bytes(memory.gradients()),
                    bytes(memory.optimizerState()),
                    bytes(memory.stepWeights()),
                    bytes(memory.activations()),
                    bytes(memory.total())));
        }
        return lines;
    }

    private static String line(Prediction p, double first) {
        Layout layout = p.layout();
        return String.format(
                Locale.ROOT,
                "%6d %17s %6d %6d %8d %10s %8s %12s %10s %6.1f%% %9s %7.0f%% %10.1f %9.0f%%",
                layout.ranks(),
                layout.stages() + " x " + layout.replicas(),
                layout.microBatch(),
                layout.accumulationSteps(),
                layout.globalBatch(),
                layout.recomputation() ? "yes" : "no",
                layout.optimizerStateSharding() ? "yes" : "no",
                bytes(p.peakBytes()),
                seconds(p.stepSeconds()),
                100 * p.bubble(),
                seconds(p.communicationSeconds()),
                100 * p.overlap(),
                p.imagesPerSecond(),
                100 * p.imagesPerSecond() / layout.ranks() / first);
    }

    static String bytes(long bytes) {
        return bytes < 1L << 30
                ? String.format(Locale.ROOT, "%.0f MiB", bytes / 1048576.0)
                : String.format(Locale.ROOT, "%.2f GiB", bytes / 1073741824.0);
    }

    static String seconds(double seconds) {
        return seconds < 1
                ? String.format(Locale.ROOT, "%.1f ms", 1000 * seconds)
                : String.format(Locale.ROOT, "%.2f s", seconds);
    }
}
