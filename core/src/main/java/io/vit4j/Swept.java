package io.vit4j;

import io.vit4j.metrics.Metrics;
import io.vit4j.search.Search;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A sweep.
 *
 * @param folder with a folder for every trial, {@code sweep.json}, {@code sweep.csv} and the report
 * @param complete whether all trials are done
 * @param search what was tried
 * @param trials that are done, in order; of successive halving those of the first rung come first
 * @param best of them, among those that have a score: of successive halving, of the last rung; empty if there is none yet
 * @param report the page for people; empty without {@code vit4j-report} on the class path
 */
public record Swept(
        Path folder, boolean complete, Search search, List<Trial> trials, Optional<Trial> best, Optional<Path> report) {
    /**
     * One run.
     *
     * @param number of its setting, from 1
     * @param rung of successive halving, from 1; else 1
     * @param settings training arguments that it was given, as on a command line
     * @param folder of the run
     * @param metrics of the validation split; none if it failed
     * @param score the metric that decides; empty if it failed, or if it is not a number
     * @param failure what went wrong; empty if nothing did
     */
    public record Trial(
            int number,
            int rung,
            Map<String, String> settings,
            Path folder,
            Metrics metrics,
            OptionalDouble score,
            Optional<String> failure) {}
}
