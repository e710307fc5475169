package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables as pandas, spreadsheets and the makers of data sets write them. */
class TablesAsPeopleHaveThemTest {
    @TempDir
    Path folder;

    private final Problems problems = new Problems();

    private LabelTable read(CsvLabelFile.Labels labels, String text) throws IOException {
        Path file = Files.writeString(folder.resolve("labels.csv"), text);
        return CsvLabelFile.read(
                file, new CsvLabelFile.Columns("file", labels, Optional.empty(), Optional.empty()), problems);
    }

    private static String labels(List<LabelTable.LabelRow> rows) {
        return rows.stream().map(row -> String.join("+", row.labels())).collect(Collectors.joining(" "));
    }

    private String joined(CsvLabelFile.Labels labels, String text) throws IOException {
        return labels(RepeatedRows.joined(read(labels, text), problems));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"['a', 'b c']\"",
                "\"[\"\"a\"\", \"\"b c\"\"]\"",
                "\"['a' 'b c']\"",
                "\"[a, b c]\"",
                "\"{'a', 'b c'}\"",
                "\"('a', 'b c')\"",
                "\"[ 'a' , nan, 'b c', '' ]\"",
                "\"['\u00a0a\u200b', 'b\u00a0c']\"",
            })
    void listsInACellAreTheirItems(String cell) throws IOException {
        String text = "file,label\n1.png," + cell + "\n";
        assertThat(labels(read(new CsvLabelFile.ListedLabels("label"), text).rows()))
                .isEqualTo("a+b c");
        assertThat(labels(
                        read(new CsvLabelFile.JoinedLabels("label", ","), text).rows()))
                .isEqualTo("a+b c");
        assertThatThrownBy(() -> read(new CsvLabelFile.OneLabel("label"), text))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("line 2: a list of labels")
                .hasMessageContaining("--problem-type multi_label_classification");
    }

    @Test
    void quotesAndBracketsInLabelsAreNoLists() throws IOException {
        assertThat(labels(read(
                                new CsvLabelFile.ListedLabels("label"),
                                "file,label\n1,\"[\"\"crohn's\"\", 'b\\'s']\"\n2,(benign)\n3,[]\n4,nan\n")
                        .rows()))
                .isEqualTo("crohn's+b's (benign)  ");
        assertThat(problems.remarks()).anyMatch(remark -> remark.contains("count as rows without any of the labels"));
    }

    @Test
    void aListOfZerosAndOnesHasNoNames() {
        assertThatThrownBy(() -> read(new CsvLabelFile.ListedLabels("label"), "file,label\n1,\"[0, 1, 0]\"\n"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--label-columns");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cat\u00a0",
                "\u2007cat",
                "cat\u200b",
                "\ufeffcat",
                "ca\u00adt",
                " cat\t",
                "cat\u200d",
                "\u3000cat"
            })
    void namesThatLookAlikeAreOneLabelAndTold(String cat) throws IOException {
        LabelTable table = read(new CsvLabelFile.OneLabel("label"), "file,label\n1,cat\n2," + cat + "\n3,dog\n");
        assertThat(LabelVocabulary.of(table).names()).containsExactly("cat", "dog");
        assertThat(problems.remarks()).anyMatch(remark -> remark.contains("line 3"));
    }

    @Test
    void joinersWithinWordsThatNeedThemStay() {
        String persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645";
        assertThat(CleanText.of(persian)).isEqualTo(persian);
        assertThat(CleanText.of("e\u0301")).isEqualTo("\u00e9");
    }

    /** pandas 2: the words that {@code read_csv} takes for no value. */
    @ParameterizedTest
    @ValueSource(strings = {"", "nan", "NaN", "None", "NA", "N/A", "null", "NULL", "<NA>", "#N/A", "n/a"})
    void wordsForNoValueAreNoClass(String word) throws IOException {
        String text = "file,label\n1,cat\n2," + word + "\n3,dog\n";
        assertThat(labels(read(new CsvLabelFile.OneLabel("label"), text).rows()))
                .isEqualTo("cat  dog");
        assertThat(labels(read(new CsvLabelFile.OneLabel("label", false, CsvLabelFile.MissingLabel.SKIP), text)
                        .rows()))
                .isEqualTo("cat dog");
        assertThat(problems.count(Problems.ProblemKind.UNLABELLED_ROW)).isEqualTo(1);
        assertThat(labels(read(new CsvLabelFile.OneLabel("label", false, CsvLabelFile.MissingLabel.CLASS), text)
                        .rows()))
                .isEqualTo("cat " + word + " dog");
    }

    @Test
    void oneRowABoxIsOneImageAndTheColumnsThatDifferAreTold() throws IOException {
        assertThat(joined(
                        new CsvLabelFile.OneLabel("Target"),
                        "file,x,y,width,height,Target\np1,1,2,30,40,1\np1,5,2,35,40,1\np2,,,,,0\n"))
                .isEqualTo("1 0");
        assertThat(problems.remarks()).anyMatch(remark -> remark.endsWith("such rows differ in width, x"));
        assertThat(problems.listed()).noneMatch(problem -> problem.kind().stops());
    }

    @Test
    void oneRowAReaderCountsEveryLabelIfAPictureMayHaveSeveral() throws IOException {
        String text = "file,rad_id,class_name\na,R1,Mass\na,R2,Edema\na,R3,Mass\nb,R1,No finding\n";
        assertThat(joined(new CsvLabelFile.ListedLabels("class_name"), text)).isEqualTo("Mass+Edema No finding");
        joined(new CsvLabelFile.OneLabel("class_name"), text);
        assertThatThrownBy(() -> problems.report(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("[Edema], not [Mass]")
                .hasMessageContaining("--problem-type multi_label_classification");

        String columns = "file,rad_id,Mass,Edema\na,R1,1,0\na,R2,0,-1\na,R3,1,0\nb,R1,0,0\n";
        assertThat(joined(
                        new CsvLabelFile.IndicatorColumns(List.of("Mass", "Edema"), CsvLabelFile.Uncertain.IGNORE),
                        columns))
                .isEqualTo("Mass ");
    }

    @Test
    void oneRowALabelIsALongTable() throws IOException {
        assertThat(joined(new CsvLabelFile.ListedLabels("label"), "file,label\na,x\na,y\nb,x\n"))
                .isEqualTo("x+y x");
    }

    @Test
    void rowsThatContradictEachOtherAreAProblem() throws IOException {
        joined(
                new CsvLabelFile.IndicatorColumns(List.of("A"), CsvLabelFile.Uncertain.ZEROS),
                "file,A,note\na,1,n\na,0,n\n");
        assertThat(problems.count(Problems.ProblemKind.CONFLICTING_ROWS)).isEqualTo(1);
        joined(new CsvLabelFile.JoinedLabels("L", "|"), "file,L\na,x|y\na,x\n");
        assertThat(problems.count(Problems.ProblemKind.CONFLICTING_ROWS)).isEqualTo(2);
        joined(new CsvLabelFile.OneLabel("L"), "file,L,patient\na,x,1\na,x,2\n");
        assertThat(problems.count(Problems.ProblemKind.CONFLICTING_ROWS)).isEqualTo(3);
    }

    @Test
    void anIndexColumnTellsNoRowsApart() throws IOException {
        assertThat(joined(new CsvLabelFile.OneLabel("label"), ",file,label\n0,a,x\n1,b,y\n2,a,x\n"))
                .isEqualTo("x y");
        assertThat(problems.count(Problems.ProblemKind.REPEATED_ROW)).isEqualTo(1);
        assertThat(joined(new CsvLabelFile.OneLabel("label"), "Unnamed: 0,file,label\n0,a,x\n1,a,x\n"))
                .isEqualTo("x");
        assertThat(problems.remarks()).anyMatch(remark -> remark.endsWith("such rows differ in Unnamed: 0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sep=;\n", "SEP=;\r\n", "\"sep=;\"\n", "sep=;;;\n"})
    void aLineThatNamesTheSeparatorIsFollowed(String line) throws IOException {
        LabelTable table = read(new CsvLabelFile.OneLabel("label"), line + "file;label\n1;a,b\n2;c\n");
        assertThat(labels(table.rows())).isEqualTo("a,b c");
        assertThat(table.rows().get(0).line()).isEqualTo(3);
    }

    @Test
    void anySeparatorThatIsNamedIsFollowed() throws IOException {
        assertThat(labels(read(new CsvLabelFile.OneLabel("label"), "sep=|\nfile|label\n1|a\n")
                        .rows()))
                .isEqualTo("a");
    }

    /** First bytes of formats that a spreadsheet, pandas or a database writes. */
    @ParameterizedTest
    @CsvSource({
        "504B030414, workbook",
        "D0CF11E0A1B1, .xls",
        "50415231, Parquet",
        "4152524F5731, Arrow",
        "800495, pickled"
    })
    void tablesThatAreNoTextAreAnsweredWithTheMend(String hex, String what) throws IOException {
        Path file = Files.write(
                folder.resolve("labels.xlsx"), java.util.HexFormat.of().parseHex(hex));
        assertThatThrownBy(() -> DelimitedText.header(TextSource.of(file)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(what)
                .hasMessageContaining("as CSV");
    }

    @Test
    void fractionsAndMeasurementsAreAskedAbout() throws IOException {
        String fractions = "file,age\n1,3.5\n2,7\n3,7\n4,3.5\n";
        String many = "file,age\n1,23\n2,41\n3,67\n4,23\n5,80\n";
        for (String text : List.of(fractions, many)) {
            assertThatThrownBy(() -> read(new CsvLabelFile.OneLabel("age"), text))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("\"age\" has")
                    .hasMessageContaining("--problem-type regression");
            read(new CsvLabelFile.OneLabel("age", true, CsvLabelFile.MissingLabel.FAIL), text);
        }
        LabelTable numbers = read(new CsvLabelFile.NumberColumns(List.of("age")), "file,age\n1,3.5\n2,nan\n3,1e2\n");
        LabelVocabulary vocabulary = LabelVocabulary.of(numbers);
        assertThat(vocabulary.names()).containsExactly("age");
        assertThat(numbers.rows().stream().map(row -> vocabulary.encode(row, numbers.problemType())[0]))
                .containsExactly(3.5f, Float.NaN, 100f);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0 1 2 3 4 0 1", "1 2 1", "0 1", "10 20 10 20 10", "0.0 1.0 2.0 1.0 0.0 2.0"})
    void wholeNumbersAreClasses(String diagnoses) throws IOException {
        StringBuilder text = new StringBuilder("file,diagnosis\n");
        String[] values = diagnoses.split(" ");
        for (int i = 0; i < values.length; i++) {
            text.append(i).append(".png,").append(values[i]).append('\n');
        }
        assertThat(labels(read(new CsvLabelFile.OneLabel("diagnosis"), text.toString())
                        .rows()))
                .isEqualTo(diagnoses.replace(".0", ""));
    }

    @Test
    void patientsAreTakenFromPathsIfAllNameOne() throws IOException {
        LabelTable table = read(
                new CsvLabelFile.OneLabel("label"),
                "file,label\nC/train/patient00001/study1/v.jpg,a\nC/train/patient00002/study1/v.jpg,b\n");
        assertThat(table.rows().get(1).patient()).contains("patient00002");
        assertThat(problems.remarks()).anyMatch(remark -> remark.contains("patients are taken from the images' paths"));
        assertThat(read(new CsvLabelFile.OneLabel("label"), "file,label\np/patient1/v.jpg,a\nx/v2.jpg,b\n")
                        .rows()
                        .get(0)
                        .patient())
                .isEmpty();
    }

    @Test
    void oneClassIsRefusedAtOnce() throws IOException {
        LabelTable table = read(new CsvLabelFile.OneLabel("label"), "file,label\na.png,x\nb.png,x\n");
        assertThatThrownBy(() -> PlannedLabels.of(table, problems))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("every row has the label x");
    }

    @Test
    void jsonLinesAreATableToo() throws IOException {
        Path file = Files.writeString(
                folder.resolve("own.jsonl"),
                "{\"file\":\"a\",\"dx\":[\"x\",\"y\"]}\n{\"file\":\"b\",\"dx\":[]}\n",
                StandardCharsets.UTF_8);
        LabelTable table = CsvLabelFile.read(
                file,
                new CsvLabelFile.Columns(
                        "file", new CsvLabelFile.ListedLabels("dx"), Optional.empty(), Optional.empty()),
                problems);
        assertThat(labels(table.rows())).isEqualTo("x+y ");
    }

    @Test
    void pathsFromAnywhereFindTheirFile() {
        ImageNames names =
                new ImageNames(List.of("cat/0.jpg", "cat/1.JPG", "dog/0.jpg", "deep/er/fox/7.png", "caf\u00e9.jpg"));
        for (String form : List.of(
                "cat/0.jpg",
                "/home/anna/photos/cat/0.jpg",
                "../photos/cat/0.jpg",
                "photos//cat///0.jpg",
                "C:\\Users\\anna\\photos\\cat\\0.jpg",
                "file:///data/cat/0.jpg",
                "\\\\nas\\share\\cat\\0.jpg",
                "./x/../cat/0.jpg",
                "cat/0")) {
            assertThat(names.find(form)).as(form).contains("cat/0.jpg");
        }
        assertThat(names.find("er/fox/7.png")).contains("deep/er/fox/7.png");
        assertThat(names.find("fox\\7")).contains("deep/er/fox/7.png");
        assertThat(names.find("/other/er/fox/7.png")).contains("deep/er/fox/7.png");
        assertThat(names.find("cafe\u0301.jpg")).contains("caf\u00e9.jpg");
        assertThat(names.find("0.jpg")).isEmpty();
        assertThat(names.isAmbiguous("0.jpg")).isTrue();
        assertThat(names.find("cow/7.png")).as("another folder's file").isEmpty();
    }

    @Test
    void ifNoImageIsFoundThereIsOneCauseWithBothNames() {
        LabelTable table = new LabelTable(
                "labels.csv",
                ProblemType.SINGLE_LABEL,
                List.of(),
                List.of(),
                List.of(row("x/0001.png", "a"), row("x/0002.png", "b")));
        assertThatThrownBy(() -> PlannedLabels.of(table, problems))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(
                        "none of its 2 images is in five files: line 2 names x/0001.png, and there is images/a.png");
    }

    private static LabelTable.LabelRow row(String image, String label) {
        return new LabelTable.LabelRow(
                2, image, List.of(label), List.of(), Optional.empty(), Optional.empty(), List.of());
    }
}
