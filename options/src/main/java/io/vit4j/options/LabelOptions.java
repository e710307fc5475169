package io.vit4j.options;

import io.vit4j.PrepareRequest;
import io.vit4j.base.InputException;
import io.vit4j.data.CsvLabelFile;
import io.vit4j.data.DataFolderOptions;
import io.vit4j.data.NihLabelFile;
import io.vit4j.data.ProblemType;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which file has the labels, and what they mean. */
public final class LabelOptions implements HelpSection {
    @Override
    public String heading() {
        return "Pictures and labels";
    }

    /** What becomes of the label "No Finding". */
    enum NoFindingLabel {
        KEEP,
        DROP
    }

    /** Takes {@code ones} and {@code U-Ones} alike. */
    static final class UncertainPolicy implements ITypeConverter<CsvLabelFile.Uncertain> {
        @Override
        public CsvLabelFile.Uncertain convert(String name) {
            String policy = name.toUpperCase(Locale.ROOT).replaceAll("^U-", "");
            try {
                return CsvLabelFile.Uncertain.valueOf(policy);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("expected zeros, ones or ignore but was '" + name + "'");
            }
        }
    }

    @Option(
            names = "--labels",
            paramLabel = "FILE",
            description =
                    "The label file. Default: NIH's Data_Entry_2017*.csv, metadata.jsonl or metadata.csv in DIR. If"
                            + " there is none, columns of Parquet files; or each folder is a class, also under train, validation and test.")
    private String labels;

    @Option(
            names = "--join",
            paramLabel = "FILE",
            description =
                    "A second table. Its columns are added to the rows of --labels that have the same values in the"
                            + " columns that both tables share, such as study_id.")
    private Path joined;

    @Option(
            names = "--image-column",
            paramLabel = "NAME",
            description =
                    "Column with the name of the image in your own CSV file, or with the image in Parquet files (if"
                            + " it is not detected).")
    private String imageColumn;

    @Option(
            names = "--label-column",
            paramLabel = "NAME",
            description = "Column with the label: one per row, or several with --label-separator.")
    private String labelColumn;

    @Option(
            names = "--label-separator",
            paramLabel = "TEXT",
            description = "Text between two labels, such as \"|\". Lists such as ['a', 'b'] need none.")
    private String labelSeparator;

    @Option(
            names = "--label-columns",
            paramLabel = "A,B,C",
            split = ",",
            description = "Columns that are labels, each with 1 or 0.")
    private List<String> labelColumns = List.of();

    @Option(
            names = "--problem-type",
            paramLabel = "TYPE",
            description = "Meaning of the label column: single_label_classification (even if its numbers look like"
                    + " measurements), multi_label_classification (several labels per picture: lists, or several"
                    + " rows), or regression (numbers to predict). Default: chosen by the columns; if it is unclear,"
                    + " an error asks you.")
    private String problemType;

    @Option(
            names = "--classes",
            paramLabel = "A,B,C",
            split = ",",
            description = "Folders that are classes, at any depth, given by name or by a word in the name. Other images"
                    + " are left out. Default: the folder of each image is its class.")
    private List<String> classes = List.of();

    @Option(
            names = "--uncertain",
            paramLabel = "zeros|ones|ignore",
            defaultValue = "ignore",
            description = "How to count -1 in label columns, with CheXpert's names: zeros (U-Zeros), ones (U-Ones), or"
                    + " ignore (left out of the loss). Default: ${DEFAULT-VALUE}.",
            converter = UncertainPolicy.class)
    private CsvLabelFile.Uncertain uncertain;

    @Option(
            names = "--blank-labels",
            paramLabel = "negative|ignore",
            defaultValue = "negative",
            description =
                    "How to count an empty cell in label columns: negative, as in CheXpert, or ignore (left out of"
                            + " the loss). Default: ${DEFAULT-VALUE}.")
    private CsvLabelFile.Blank blank;

    @Option(
            names = "--missing-labels",
            paramLabel = "fail|skip|class",
            defaultValue = "fail",
            description =
                    "What to do with a row without a label (empty, nan, None...) if each needs one: fail, skip the row,"
                            + " or use the word as a class. Default: ${DEFAULT-VALUE}.")
    private CsvLabelFile.MissingLabel missing;

    @Option(
            names = "--patient-column",
            paramLabel = "NAME",
            description =
                    "Column that identifies the patient. Default: a column with a name like patient_id, or a folder"
                            + " such as patient00001 in the path of every image.")
    private String patientColumn;

    @Option(
            names = "--patient-pattern",
            paramLabel = "REGEX",
            description =
                    "Regular expression that finds the patient in the path of each image: its first group, or the whole"
                            + " match.")
    private String patientPattern;

    @Option(
            names = "--patient-key",
            paramLabel = "FILE",
            description = "Secret key by which patients' identifiers in DICOM headers become digests; made if it is not"
                    + " there, readable by you alone. Default: ~/.config/vit4j/patient-key.")
    private Path patientKey;

    @Option(
            names = "--split-column",
            paramLabel = "NAME",
            description = "Column that contains train, validation or test.")
    private String splitColumn;

    @Option(
            names = "--no-finding-label",
            paramLabel = "keep|drop",
            defaultValue = "keep",
            description = "keep: \"No Finding\" is a label like the others, 15 in total; drop: 14 labels. Default:"
                    + " ${DEFAULT-VALUE}.")
    private NoFindingLabel noFinding;

    /** The file with the key for digests; empty: the user's own. */
    public Optional<Path> patientKey() {
        return Optional.ofNullable(patientKey);
    }

    /**
     * Tells a request about the labels.
     *
     * @param labelFile is given the file that {@code --labels} names, if any
     */
    public void describe(PrepareRequest request, BiConsumer<DataFolderOptions, String> labelFile) {
        if (!classes.isEmpty() && labels != null) {
            throw new InputException(
                    "--classes names folders, and --labels names a file with the classes; give only one of them");
        }
        Optional<CsvLabelFile.Columns> columns = columns();
        if (joined != null && columns.isEmpty()) {
            throw new InputException("--join " + joined
                    + ": also name the columns with --labels FILE, --image-column, and --label-column or"
                    + " --label-columns");
        }
        Optional<Pattern> patients = Optional.ofNullable(patientPattern).map(LabelOptions::pattern);
        request.folder(options -> {
            options.noFinding(
                            noFinding == NoFindingLabel.KEEP
                                    ? NihLabelFile.NoFinding.KEEP
                                    : NihLabelFile.NoFinding.DROP)
                    .classes(classes);
            Optional.ofNullable(labels).ifPresent(file -> labelFile.accept(options, file));
            columns.ifPresent(options::columns);
            Optional.ofNullable(joined).ifPresent(options::joinedFile);
            patients.ifPresent(options::patientPattern);
            patientKey().ifPresent(options::patientKey);
        });
    }

    private static Pattern pattern(String text) {
        try {
            return Pattern.compile(text);
        } catch (PatternSyntaxException e) {
            throw new InputException("--patient-pattern " + text + ": " + e.getDescription(), e);
        }
    }

    private Optional<CsvLabelFile.Columns> columns() {
        boolean named = labelColumn != null || !labelColumns.isEmpty();
        if (imageColumn == null && !named) {
            for (String other : new String[] {labelSeparator, patientColumn, splitColumn, problemType}) {
                if (other != null) {
                    throw new InputException("\"" + other
                            + "\" alone does not describe a label file; also give --image-column, and --label-column or"
                            + " --label-columns");
                }
            }
            return Optional.empty();
        }
        boolean needsImage = labels != null; // in Parquet files it is detected
        if ((imageColumn == null && needsImage) || !named || (labelColumn != null && !labelColumns.isEmpty())) {
            throw new InputException(
                    "describe the columns of a label file with --image-column and either --label-column or"
                            + " --label-columns");
        }
        CsvLabelFile.Columns columns = new CsvLabelFile.Columns(imageColumn == null ? "" : imageColumn, labelsIn());
        columns = patientColumn == null ? columns : columns.patient(patientColumn);
        return Optional.of(splitColumn == null ? columns : columns.split(splitColumn));
    }

    private CsvLabelFile.Labels labelsIn() {
        Optional<ProblemType> type = Optional.ofNullable(problemType).map(ProblemType::parse);
        if (type.equals(Optional.of(ProblemType.REGRESSION))) {
            return new CsvLabelFile.NumberColumns(labelColumn == null ? labelColumns : List.of(labelColumn));
        }
        boolean single = type.equals(Optional.of(ProblemType.SINGLE_LABEL));
        if (single && labelSeparator != null) {
            throw new InputException(
                    "--problem-type " + problemType + " means one label per picture; leave out --label-separator");
        }
        if (labelColumn == null && single) {
            return new CsvLabelFile.OneHotColumns(labelColumns);
        }
        if (labelColumn == null) {
            return new CsvLabelFile.IndicatorColumns(labelColumns, uncertain, blank);
        }
        if (labelSeparator != null) {
            return new CsvLabelFile.JoinedLabels(labelColumn, labelSeparator);
        }
        return type.isPresent() && !single
                ? new CsvLabelFile.ListedLabels(labelColumn)
                : new CsvLabelFile.OneLabel(labelColumn, single, missing);
    }
}
