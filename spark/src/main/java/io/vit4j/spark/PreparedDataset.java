package io.vit4j.spark;

import java.util.List;
import java.util.Map;

/**
 * A data set that {@link VitDatasets} made.
 *
 * @param dataset its folder
 * @param rows by split; empty if the data set was already there
 * @param skipped pictures left out, which {@code skipped.csv} in the folder lists with their reasons
 * @param remarks what the user should know, one line each; {@code problems.csv} in the folder has them row by row
 * @param alreadyThere whether the folder already contained this data set, so that nothing was done
 */
public record PreparedDataset(
        String dataset, Map<String, Integer> rows, int skipped, List<String> remarks, boolean alreadyThere) {}
