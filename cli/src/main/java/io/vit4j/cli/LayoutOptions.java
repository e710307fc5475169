package io.vit4j.cli;

import io.vit4j.base.Progress;
import io.vit4j.hub.HubSettings;
import io.vit4j.parallel.ParallelConfig;
import io.vit4j.parallel.ParallelConfigSource;
import io.vit4j.parallel.ParallelOptions;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How a command's work is laid out over ranks, for commands that do not take all training arguments. */
final class LayoutOptions {
    @Option(
            names = {"--parallel", "--ipu-config-name"},
            paramLabel = "FILE|FOLDER|NAME",
            description = "Parallel configuration: a file, a folder with an ipu_config.json, or a name on the hub.")
    private Optional<String> parallel;

    @Option(
            names = "--ipu-config-overrides",
            paramLabel = "A=1,B=[6 6]",
            description = "Changes to that configuration.")
    private Optional<String> overrides;

    @Option(
            names = "--n-ipu",
            paramLabel = "N",
            description = "Total number of ranks; replicas are this number divided by the number of pipeline stages.")
    private Optional<Integer> ranks;

    @Option(
            names = "--pod-type",
            paramLabel = "POD",
            description = "Which value to use if the configuration gives one per machine: pod4, pod8, pod16, pod32 or"
                    + " pod64.")
    private Optional<String> podType;

    /** Whether any of them is given. */
    boolean given() {
        return parallel.isPresent() || overrides.isPresent() || ranks.isPresent() || podType.isPresent();
    }

    /** The file with these options applied. */
    ParallelConfig config(
            Optional<Integer> gradientAccumulationSteps, Optional<Boolean> recomputation, Progress.Factory progress) {
        ParallelOptions options = new ParallelOptions(
                podType, ranks, overrides, gradientAccumulationSteps, Optional.empty(), recomputation);
        return parallel.map(name -> ParallelConfig.read(
                        ParallelConfigSource.resolve(name, HubSettings.fromEnvironment(), progress), options))
                .orElseGet(() -> ParallelConfig.of(options));
    }
}
