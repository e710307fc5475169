package io.vit4j.cli;

import io.vit4j.data.LabelTable;
import io.vit4j.data.Split;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** How the images are shared out to training, validation and test. */
final class SplitOptions implements HelpSection {
    @Override
    public String heading() {
        return "Split";
    }

    static final class Validation {
        @Option(
                names = "--validation",
                paramLabel = "FRACTION",
                description = "Validate on this part of the images. Default: as label file or folders say, else 0.05.")
        private Double fraction;

        @Option(names = "--validation-list", paramLabel = "FILE", description = "Validate on the images named in FILE.")
        private Path list;
    }

    static final class Test {
        @Option(
                names = "--test",
                paramLabel = "FRACTION",
                description = "Test on this part of the images. Default: as label file or folders say, else 0.1.")
        private Double fraction;

        @Option(names = "--test-list", paramLabel = "FILE", description = "Test on the images named in FILE.")
        private Path list;

        @Option(
                names = "--nih-official",
                description =
                        "The release's own test split (test_list.txt and train_val_list.txt beside the label file).")
        private boolean official;
    }

    @ArgGroup
    private Validation validation = new Validation();

    @ArgGroup
    private Test test = new Test();

    @Option(
            names = "--split-by",
            paramLabel = "patient|image",
            defaultValue = "patient",
            description =
                    "patient: all images of a patient are on one side, so that the evaluation says what new patients"
                            + " may expect; image: they leak, as in the original walkthrough. Default: ${DEFAULT-VALUE}.")
    private Split.By by;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "1337",
            description = "Chooses who is on which side. Default: ${DEFAULT-VALUE}.")
    private long seed;

    /** @param data where the release's lists lie */
    Split split(Path data, LabelTable labels) {
        Split usual = Split.usual(labels, by, seed);
        Split.SplitRule validates = part(validation.fraction, validation.list, usual.validation());
        if (test.official) {
            Split official = Split.nihOfficial(data, 0, seed);
            return new Split(validates, official.test(), official.trainValidationList(), by, seed);
        }
        return new Split(validates, part(test.fraction, test.list, usual.test()), Optional.empty(), by, seed);
    }

    private static Split.SplitRule part(Double fraction, Path list, Split.SplitRule usual) {
        return list != null ? new Split.ListFile(list) : fraction != null ? new Split.Fraction(fraction) : usual;
    }
}
