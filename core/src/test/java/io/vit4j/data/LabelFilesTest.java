package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.data.CsvLabelFile.Uncertain;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Label files other than NIH's. */
class LabelFilesTest {
    @TempDir
    Path folder;

    private final Problems problems = new Problems();

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private LabelTable csv(String text, CsvLabelFile.Labels labels) throws IOException {
        return CsvLabelFile.read(
                file("labels.csv", text),
                new CsvLabelFile.Columns("Path", labels, Optional.empty(), Optional.empty()),
                problems);
    }

    /** Each row's labels as text, without ".0". */
    private static String encoded(LabelTable table) {
        LabelVocabulary vocabulary = LabelVocabulary.of(table);
        return table.rows().stream()
                .map(row -> Arrays.toString(vocabulary.encode(row, table.problemType())))
                .collect(Collectors.joining(" "))
                .replace(".0", "")
                .replace(", ", ",");
    }

    @Test
    void oneLabelARowIsSingleLabel() throws IOException {
        LabelTable table = csv(
                "Path,Diagnosis,Patient_ID\na.jpg,cat,7\nb.jpg,ant,7\nc.jpg,bee,8\n",
                new CsvLabelFile.OneLabel("diagnosis"));

        assertThat(table.problemType()).isEqualTo(ProblemType.SINGLE_LABEL);
        assertThat(encoded(table)).isEqualTo("[2] [0] [1]");
        assertThat(table.rows().get(2).patient()).contains("8");
        assertThat(table.columnNames()).containsExactly("Diagnosis", "Patient_ID");
    }

    @Test
    void joinedLabelsAreMultiLabelWithAnySeparator() throws IOException {
        LabelTable table =
                csv("Path,L\na.jpg,\"cat, ant\"\nb.jpg,\nc.jpg,ant\n", new CsvLabelFile.JoinedLabels("L", ","));

        assertThat(encoded(table)).isEqualTo("[1,1] [0,0] [1,0]");
    }

    @Test
    void uncertainLabelsAreZeroOneOrUnknownAndBlanksNegativeOrUnknown() throws IOException {
        String text = "Path,Sex,Edema,Mass\na.jpg,F,1.0,-1.0\nb.jpg,M,,0\nc.jpg,M,0.0,1\n";
        List<String> columns = List.of("Mass", "Edema");

        assertThat(encoded(csv(text, new CsvLabelFile.IndicatorColumns(columns, Uncertain.ZEROS))))
                .isEqualTo("[1,0] [0,0] [0,1]");
        assertThat(encoded(csv(text, new CsvLabelFile.IndicatorColumns(columns, Uncertain.ONES))))
                .isEqualTo("[1,1] [0,0] [0,1]");
        LabelTable ignored = csv(text, new CsvLabelFile.IndicatorColumns(columns, Uncertain.IGNORE));
        assertThat(encoded(ignored)).isEqualTo("[1,NaN] [0,0] [0,1]");
        assertThat(ignored.columnNames()).containsExactly("Sex");
        assertThat(ignored.rows().get(0).values()).containsExactly("F");
        assertThat(encoded(csv(
                        text, new CsvLabelFile.IndicatorColumns(columns, Uncertain.ZEROS, CsvLabelFile.Blank.IGNORE))))
                .isEqualTo("[1,0] [NaN,0] [0,1]");
        assertThat(problems.remarks())
                .anyMatch(remark -> remark.contains("1 empty cells in label columns count as 0"))
                .anyMatch(remark -> remark.contains("1 uncertain labels (-1) are left out of the loss"));
    }

    @Test
    void aLabelThatNoRowHasIsStillALabel() throws IOException {
        LabelTable table =
                csv("Path,A,B\na.jpg,1,0\n", new CsvLabelFile.IndicatorColumns(List.of("A", "B"), Uncertain.ZEROS));
        assertThat(LabelVocabulary.of(table).names()).containsExactly("A", "B");
    }

    @Test
    void absentColumnsAndStrangeValuesAreOneLine() throws IOException {
        assertThatThrownBy(() -> csv("Path,A\na.jpg,1\n", new CsvLabelFile.OneLabel("B")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no column \"B\"; it has Path, A");
        csv("Path,A\na.jpg,maybe\n", new CsvLabelFile.IndicatorColumns(List.of("A"), Uncertain.ZEROS));
        assertThat(problems.listed().get(0))
                .isEqualTo(new Problems.Problem(
                        Problems.ProblemKind.BAD_VALUE,
                        folder.resolve("labels.csv").toString(),
                        2,
                        "a.jpg",
                        "\"A\" is \"maybe\"; only 0, 1, -1 and blank are allowed"));
    }

    @Test
    void wholeNumbersAreOrderedByValue() {
        assertThat(LabelVocabulary.sorted(List.of("10", "9", "100", "9")).names())
                .containsExactly("9", "10", "100");
        assertThat(LabelVocabulary.sorted(List.of("10", "9", "a")).names()).containsExactly("10", "9", "a");
    }

    @Test
    void metadataJsonlWithClassNamesListsAndNumbers() throws IOException {
        LabelTable single = MetadataFile.read(
                file(
                        "a.jsonl",
                        "{\"file_name\":\"1.png\",\"label\":\"dog\",\"age\":5}\n\n{\"label\":\"cat\",\"file_name\":\"2.png\"}"),
                problems);
        assertThat(single.problemType()).isEqualTo(ProblemType.SINGLE_LABEL);
        assertThat(encoded(single)).isEqualTo("[1] [0]");
        assertThat(single.columnNames()).containsExactly("age");
        assertThat(single.rows().get(1).values()).containsExactly("");
        assertThat(single.rows().get(1).line()).isEqualTo(3);

        LabelTable names = MetadataFile.read(
                file(
                        "b.jsonl",
                        "{\"file_name\":\"1.png\",\"labels\":[\"b\",\"a\"],\"split\":\"dev\",\"patient_id\":3}"),
                problems);
        assertThat(encoded(names)).isEqualTo("[1,1]");
        assertThat(names.rows().get(0).split().flatMap(Split::named)).contains(Split.VALIDATION);
        assertThat(names.rows().get(0).patient()).contains("3");

        LabelTable hot = MetadataFile.read(
                file(
                        "c.jsonl",
                        "{\"file_name\":\"1.png\",\"labels\":[0,1,null]}\r\n{\"file_name\":\"2.png\",\"labels\":[0.0,0,1]}\r\n"),
                problems);
        assertThat(encoded(hot)).isEqualTo("[0,1,NaN] [0,0,1]");
    }

    @Test
    void metadataCsvReadsAlike() throws IOException {
        LabelTable table = MetadataFile.read(
                file("metadata.csv", "file_name,split,labels\n1.png,test,a|b\n2.png,train,\n"), problems);
        assertThat(encoded(table)).isEqualTo("[1,1] [0,0]");
        assertThat(table.rows().get(0).split()).contains(Split.TEST);
    }

    @Test
    void brokenMetadataIsOneLineOrAProblem() throws IOException {
        for (String text :
                List.of("", "\n", "{", "[]", "{\"file_name\":\"a\"}", "{\"label\":\"a\"}", "x".repeat(100))) {
            assertThatThrownBy(() -> MetadataFile.read(file("m.jsonl", text), problems))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("m.jsonl");
        }
        MetadataFile.read(
                file(
                        "m.jsonl",
                        "{\"file_name\":\"1\",\"labels\":[0]}\n{\"file_name\":\"2\",\"labels\":[0.5]}\n{\"labels\":[1]}\n"),
                problems);
        assertThat(problems.count(Problems.ProblemKind.BAD_VALUE)).isEqualTo(1);
        assertThat(problems.count(Problems.ProblemKind.NO_IMAGE_NAME)).isEqualTo(1);
    }

    @Test
    void foldersNamedForClassesAlsoUnderSplits() {
        LabelTable table = ClassFolders.read(
                "d",
                List.of("x/train/cat/1.png", "x/val/dog/sub.png", "x/test/cat/2.png", "x/train/train/3.png"),
                List.of(),
                problems);
        assertThat(table.problemType()).isEqualTo(ProblemType.SINGLE_LABEL);
        assertThat(table.rows().stream().map(LabelTable.LabelRow::image))
                .containsExactly("x/test/cat/2.png", "x/train/cat/1.png", "x/train/train/3.png", "x/val/dog/sub.png");
        assertThat(table.rows().stream().map(row -> row.split().orElseThrow()))
                .containsExactly("test", "train", "train", "validation");
        assertThat(encoded(table)).isEqualTo("[0] [0] [2] [1]");

        for (List<String> names :
                List.of(List.of("1.png"), List.of("train/1.png", "train/2.png"), List.of("cat/1.png"))) {
            assertThatThrownBy(() -> ClassFolders.read("d", names, List.of(), problems))
                    .isInstanceOf(InputException.class);
        }
    }

    @Test
    void theKindIsToldByNameAndHeader() throws IOException {
        assertThat(read(file("x.csv", "Image Index,Finding Labels\na,b\n")).columnNames())
                .contains("Finding Labels");
        assertThat(read(file("x.csv", "file_name;label\na;b\n")).problemType()).isEqualTo(ProblemType.SINGLE_LABEL);
        assertThat(read(file("x.jsonl", "{\"file_name\":\"a\",\"labels\":[]}")).problemType())
                .isEqualTo(ProblemType.MULTI_LABEL);
        assertThatThrownBy(() -> read(file("x.csv", "id,dx\na,b\n")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--image-column")
                .hasMessageContaining("id, dx");
    }

    private LabelTable read(Path file) {
        return DataFolder.readLabels(file, Optional.empty(), NihLabelFile.NoFinding.KEEP, problems);
    }

    @Test
    void mutilatedFilesAreFaultsAndNothingElse() throws IOException {
        List<String> seeds = List.of(
                "Image Index,Finding Labels,Patient ID,OriginalImage[Width,Height]\n\"a,\"\"b\",x|y,3,1,2\nb,y,4,1,2\n",
                "file_name,labels,split\na,b|c,train\n",
                "{\"file_name\":\"a\",\"labels\":[0,1,null],\"split\":\"x\"}\n{\"file_name\":\"b\",\"labels\":[\"n\"]}\n",
                "{\"file_name\":\"a\",\"label\":3}\n");
        Random random = new Random(21);
        for (int i = 0; i < 600; i++) {
            int seed = random.nextInt(seeds.size());
            byte[] bytes = seeds.get(seed).getBytes(StandardCharsets.UTF_8);
            for (int n = 0; n <= random.nextInt(5); n++) {
                int at = random.nextInt(bytes.length);
                if (random.nextInt(4) == 0) {
                    bytes = Arrays.copyOf(bytes, Math.max(1, at));
                } else {
                    bytes[at] = random.nextBoolean()
                            ? (byte) random.nextInt()
                            : (byte) ",;\t\"\n\r[]{}:|\0\uFEFF".charAt(random.nextInt(14));
                }
            }
            Path file = Files.write(folder.resolve(seed < 2 ? "f.csv" : "f.jsonl"), bytes);
            try {
                LabelTable table = read(file);
                if (!table.rows().isEmpty()) {
                    Split.byFraction(0.3, 0.3, Split.By.PATIENT, i).assign(table, problems);
                }
            } catch (InputException e) {
                assertThat(e.getMessage()).doesNotContain("\n");
            }
        }
    }

    @Test
    void columnsOfOneNameAreToldApart() throws IOException {
        LabelTable table = csv("Path,dx,a,a,a,split,a_\n1,x,2,3,4,5,6\n", new CsvLabelFile.OneLabel("dx"));
        assertThat(table.columnNames()).containsExactly("dx", "a", "a_", "a_2", "split_", "a__");
        assertThat(table.rows().get(0).values()).containsExactly("x", "2", "3", "4", "5", "6");
    }

    /** Each would take hours, or all memory, if what it says were done as it says. */
    @Test
    @Timeout(60)
    void smallFilesThatAskForMuchWorkAreRefusedOrRead() throws IOException {
        CsvLabelFile.Labels dx = new CsvLabelFile.OneLabel("dx");
        assertThat(csv("Path,dx" + ",a".repeat(4000) + "\n1,x" + ",y".repeat(4000) + "\n", dx)
                        .columnNames())
                .hasSize(4001)
                .doesNotHaveDuplicates();
        assertThat(csv("Path,dx" + ",".repeat(4000) + "\n" + "1,x\n".repeat(200_000), dx)
                        .rows())
                .hasSize(200_000);
        assertThatThrownBy(() -> csv("Path,dx" + ",a".repeat(5000) + "\n1,x\n", dx))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("5002 columns");
        String brackets =
                "Image Index,Finding Labels,\"" + "A".repeat(1 << 20) + "[" + "x,".repeat(1 << 19) + "]\"\na,b,c\n";
        assertThatThrownBy(() -> read(file("nih.csv", brackets)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("a column's name of");
        StringBuilder manyKeys = new StringBuilder("{\"file_name\":\"a\",\"label\":\"b\"}\n");
        for (int i = 0; i < 4000; i++) {
            manyKeys.append("{\"k").append(i).append("\":1}\n");
        }
        long rows = Runtime.getRuntime().maxMemory() / 32 / 4002 + 1;
        manyKeys.append("{\"file_name\":\"a\"}\n".repeat(Math.toIntExact(Math.min(rows, 1 << 20))));
        assertThatThrownBy(() -> read(file("m.jsonl", manyKeys.toString())))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("more rows than fit into memory");
        ImageNames names = new ImageNames(List.of("images/a.png"));
        assertThat(names.find("a/".repeat(1 << 20) + "a.png")).isEmpty();
    }

    @Test
    @Timeout(60)
    void aLabelFileThatUnpacksToMuchMoreIsRefused() throws IOException {
        Path file = folder.resolve("bomb.csv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("Path,dx\n".getBytes(StandardCharsets.UTF_8));
            byte[] lines = "\n".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 70; i++) {
                out.write(lines);
            }
        }
        assertThatThrownBy(() -> DelimitedText.read(file, problems, (line, fields) -> {}))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("unpacks to more than 200 times its size");
    }

    @Test
    void namesThatLeadOutOfTheFolderFindNothing() {
        ImageNames names = new ImageNames(List.of("images/a.png", "b/c.jpg", "b/d.png", "e/d.png", "f.png"));
        assertThat(names.find("a.png")).contains("images/a.png");
        assertThat(names.find("a")).contains("images/a.png");
        assertThat(names.find("./f.png")).contains("f.png");
        assertThat(names.find("b\\c.jpg")).contains("b/c.jpg");
        assertThat(names.find("release/v1/b/c.jpg")).contains("b/c.jpg");
        assertThat(names.find("d.png")).isEmpty();
        assertThat(names.isAmbiguous("d.png")).isTrue();
        assertThat(names.isAmbiguous("a.png")).isFalse();
        for (String sameFile : List.of("../f.png", "/f.png", "b/../f.png", "C:\\data\\f.png", "x//f.png", "./f")) {
            assertThat(names.find(sameFile)).as(sameFile).contains("f.png");
        }
        for (String hostile : List.of("", "..", "/", "f.png/", "\0", "../../etc/passwd", "/etc/passwd")) {
            assertThat(names.find(hostile)).as(hostile).isEmpty();
            assertThat(names.isAmbiguous(hostile)).isFalse();
        }
    }

    /** Numbers in the order in which they are asked for, blanks unknown; what is no number is a problem of its row. */
    @Test
    void targetColumnsAreNumbers() throws IOException {
        LabelTable table = csv(
                "Path,Age,Dose,site\na.png,63,-0.5,x\nb.png,,1e3,y\nc.png,old,1,x\nd.png,7,inf,z\n",
                new CsvLabelFile.NumberColumns(List.of("dose", "Age")));
        assertThat(table.problemType()).isEqualTo(ProblemType.REGRESSION);
        LabelVocabulary vocabulary = LabelVocabulary.of(table);
        assertThat(vocabulary.names()).containsExactly("Dose", "Age");
        assertThat(table.columnNames()).containsExactly("site");
        assertThat(table.rows()).hasSize(2);
        assertThat(vocabulary.encode(table.rows().get(0), ProblemType.REGRESSION))
                .containsExactly(-0.5f, 63);
        assertThat(vocabulary.encode(table.rows().get(1), ProblemType.REGRESSION))
                .containsExactly(1000, Float.NaN);
    }
}
