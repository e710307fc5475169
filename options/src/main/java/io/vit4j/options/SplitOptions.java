package io.vit4j.options;

import io.vit4j.data.LabelTable;
import io.vit4j.data.Split;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** How the images are shared out to training, validation and test. */
public final class SplitOptions implements HelpSection {
    @Override
    public String heading() {
        return "Split";
    }

    static final class Validation {
        @Option(
                names = "--validation",
                paramLabel = "FRACTION",
                description =
                        "Fraction of the images for validation. Default: as the label file or the folders define, else"
                                + " 0.05.")
        private Double fraction;

        @Option(names = "--validation-list", paramLabel = "FILE", description = "Validate on the images named in FILE.")
        private Path list;
    }

    static final class Test {
        @Option(
                names = "--test",
                paramLabel = "FRACTION",
                description =
                        "Fraction of the images for testing. Default: as the label file or the folders define, else 0.1.")
        private Double fraction;

        @Option(names = "--test-list", paramLabel = "FILE", description = "Test on the images named in FILE.")
        private Path list;

        @Option(
                names = "--nih-official",
                description =
                        "Use the release's own test split (test_list.txt and train_val_list.txt next to the label file).")
        private boolean official;
    }

    @ArgGroup
    private Validation validation = new Validation();

    @ArgGroup
    private Test test = new Test();

    @Option(
            names = "--split-values",
            paramLabel = "WORD=SPLIT",
            split = ",",
            description = "Words in the split column and the splits that they mean, such as"
                    + " holdout=test,PublicTest=validation. These are known already: train, training, val, valid,"
                    + " validation, dev, test, testing, eval and similar words.")
    private Map<String, String> words = Map.of();

    @Option(
            names = "--split-by",
            paramLabel = "patient|image",
            defaultValue = "patient",
            description = "patient: all images of a patient are in the same split, so the evaluation holds for new"
                    + " patients; image: they leak between splits, as in the original walkthrough. Default:"
                    + " ${DEFAULT-VALUE}.")
    private Split.By by;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "1337",
            description = "Random seed for the split. Default: ${DEFAULT-VALUE}.")
    private long seed;

    /** The table, with the splits that the user's own words mean. */
    public LabelTable named(LabelTable labels) {
        return labels.withSplitWords(words);
    }

    /**
     * Divides a table.
     *
     * @param data where the release's lists lie, which is asked only for them
     */
    public Split split(Supplier<Path> data, LabelTable labels) {
        Split usual = Split.usual(labels, by, seed);
        Split.SplitRule validates = part(validation.fraction, validation.list, usual.validation());
        if (test.official) {
            Split official = Split.nihOfficial(data.get(), 0, seed);
            return new Split(validates, official.test(), official.trainValidationList(), by, seed);
        }
        return new Split(validates, part(test.fraction, test.list, usual.test()), Optional.empty(), by, seed);
    }

    private static Split.SplitRule part(Double fraction, Path list, Split.SplitRule usual) {
        return list != null ? new Split.ListFile(list) : fraction != null ? new Split.Fraction(fraction) : usual;
    }
}
