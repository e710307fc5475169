package io.vit4j.cli;

import io.vit4j.infer.TestTimeAugmentation;
import io.vit4j.options.HelpSection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** More than one view of a picture, and more than one model. */
final class ViewOptions implements HelpSection {
    @Override
    public String heading() {
        return "Several views, several models";
    }

    @Option(
            names = "--tta",
            paramLabel = "VIEW,...",
            description =
                    "Average the logits of several views of each picture: flip (mirrored, left to right), crops (four"
                            + " corners and the centre), scales (the centre, the whole, and half-way). crops and scales need a data"
                            + " set with --store-size; predict enlarges pictures by 8/7 for them.")
    private Optional<String> tta;

    @Option(
            names = "--ensemble-weights",
            paramLabel = "WEIGHTS",
            description =
                    "Weights of several models, whose probabilities are averaged: equal, fitted (lowest log loss on the"
                            + " validation split; evaluate only), or numbers such as 0.3,0.7. Default: equal.")
    private Optional<String> weights;

    TestTimeAugmentation tta() {
        return tta.map(TestTimeAugmentation::parse).orElse(TestTimeAugmentation.NONE);
    }

    Optional<String> weights() {
        return weights;
    }

    /** What is asked for beyond one view of equal models, as it is given. */
    List<String> parameters() {
        return Stream.concat(
                        tta.map(all -> "--tta " + all).stream(),
                        weights.map(all -> "--ensemble-weights " + all).stream())
                .toList();
    }
}
