package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.Shared;
import io.vit4j.base.InputException;
import io.vit4j.data.NihLabelFile.NoFinding;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NihLabelFileTest {
    private static final String HEADER = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,"
            + "View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]";

    @TempDir
    Path folder;

    private final Problems problems = new Problems();

    private LabelTable read(String text, NoFinding noFinding) throws IOException {
        return NihLabelFile.read(Files.writeString(folder.resolve("labels.csv"), text), noFinding, problems);
    }

    private LabelTable read(String text) throws IOException {
        return read(text, NoFinding.KEEP);
    }

    @Test
    void theReleasesOwnHeaderIsReadAsFourColumnsMore() throws IOException {
        LabelTable table =
                read(HEADER + "\n00000001_000.png,Cardiomegaly|Emphysema,7,1,57,M,PA,2682,2749,0.143,0.168\n");

        assertThat(table.columnNames())
                .containsExactly(
                        "Finding Labels",
                        "Follow-up #",
                        "Patient ID",
                        "Patient Age",
                        "Patient Gender",
                        "View Position",
                        "OriginalImage[Width]",
                        "OriginalImage[Height]",
                        "OriginalImagePixelSpacing[x]",
                        "OriginalImagePixelSpacing[y]");
        LabelTable.LabelRow row = table.rows().get(0);
        assertThat(row.image()).isEqualTo("00000001_000.png");
        assertThat(row.labels()).containsExactly("Cardiomegaly", "Emphysema");
        assertThat(row.patient()).isEqualTo(Optional.of("1"));
        assertThat(row.values())
                .containsExactly("Cardiomegaly|Emphysema", "7", "1", "57", "M", "PA", "2682", "2749", "0.143", "0.168");
        assertThat(problems.isEmpty()).isTrue();
    }

    @Test
    void theOlderFilesCommaAtEachLinesEndIsNoColumn() throws IOException {
        LabelTable table =
                read(HEADER + ",\n00000001_000.png,Cardiomegaly,000,00001,058Y,M,PA,2682,2749,0.143,0.143,\n");

        assertThat(table.columnNames()).hasSize(10).doesNotContain("");
        assertThat(table.rows().get(0).patient()).isEqualTo(Optional.of("00001"));
        assertThat(problems.isEmpty()).isTrue();
    }

    @Test
    void aHeaderWithQuotedDoubleNamesReadsAlike() throws IOException {
        String quoted = HEADER.replace("OriginalImage[Width,Height]", "\"OriginalImage[Width,Height]\"")
                .replace("OriginalImagePixelSpacing[x,y]", "\"OriginalImagePixelSpacing[x,y]\"");
        LabelTable table = read(quoted + "\n1.png,Edema,0,1,57,M,PA,2682,2749,0.143,0.168\n");

        assertThat(table.columnNames()).endsWith("OriginalImagePixelSpacing[x]", "OriginalImagePixelSpacing[y]");
    }

    @Test
    void noFindingIsALabelOrNone() throws IOException {
        String text = "Image Index,Finding Labels\na.png,No Finding\nb.png,Edema\nc.png,Atelectasis\n";

        LabelVocabulary kept = LabelVocabulary.of(read(text, NoFinding.KEEP));
        LabelTable dropped = read(text, NoFinding.DROP);
        LabelVocabulary without = LabelVocabulary.of(dropped);

        assertThat(kept.names()).containsExactly("Atelectasis", "Edema", "No Finding");
        assertThat(without.names()).containsExactly("Atelectasis", "Edema");
        assertThat(without.encode(dropped.rows().get(0), ProblemType.MULTI_LABEL))
                .containsExactly(0, 0);
        assertThat(without.encode(dropped.rows().get(2), ProblemType.MULTI_LABEL))
                .containsExactly(1, 0);
    }

    @Test
    void markCarriageReturnsSeparatorsAndSpacesAreAcceptedAndTold() throws IOException {
        LabelTable table = read("\uFEFFImage Index;Finding Labels;Patient ID\r\n a.png ;Edema | Mass;1\r\n\r\n");

        assertThat(table.rows().get(0).image()).isEqualTo("a.png");
        assertThat(table.rows().get(0).labels()).containsExactly("Edema", "Mass");
        assertThat(problems.count(Problems.ProblemKind.FILE_FORM)).isEqualTo(3);
        assertThat(problems.count(Problems.ProblemKind.STRAY_SPACE)).isEqualTo(1);
        assertThat(problems.listed()).anySatisfy(p -> assertThat(p.line()).isEqualTo(2));
        problems.report(folder); // nothing of it stops
        assertThat(folder.resolve(Problems.FILE)).content().contains("byte order mark", "semicolons");
    }

    @Test
    void gzippedFilesReadAlike() throws IOException {
        Path file = folder.resolve("labels.csv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("Image Index\tFinding Labels\na.png\tEdema\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(NihLabelFile.read(file, NoFinding.KEEP, problems).rows()).hasSize(1);
    }

    @Test
    void everythingWrongIsToldInOneGoWithItsLine() throws IOException {
        read("Image Index,Finding Labels,Patient ID\na.png,Edema,1\nb.png,Edema\n,Edema,2\nc.png,,3\nd.png,Mass,4\n");

        assertThat(problems.listed())
                .extracting(Problems.Problem::kind, Problems.Problem::line)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(Problems.ProblemKind.ROW_SHAPE, 3L),
                        org.assertj.core.groups.Tuple.tuple(Problems.ProblemKind.NO_IMAGE_NAME, 4L),
                        org.assertj.core.groups.Tuple.tuple(Problems.ProblemKind.BAD_VALUE, 5L));
        assertThatThrownBy(() -> problems.report(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("line 3")
                .hasMessageContaining("line 4")
                .hasMessageContaining("line 5")
                .hasMessageContaining(Problems.FILE);
        assertThat(Files.readAllLines(folder.resolve(Problems.FILE))).hasSize(4);
    }

    @Test
    void otherFilesAreRefusedInOneLine() throws IOException {
        for (String text :
                List.of("", "\n\n", "a,b\n1,2\n", "Image Index,Finding Labels\n", "\u0000\u0001\"\n", "\"", "\"a")) {
            assertThatThrownBy(() -> read(text))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("labels.csv");
        }
        Files.write(folder.resolve("labels.csv"), new byte[] {'a', (byte) 0xC3, '(', '\n'});
        assertThatThrownBy(() -> NihLabelFile.read(folder.resolve("labels.csv"), NoFinding.KEEP, problems))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("UTF-8");
        Files.write(folder.resolve("labels.csv"), new byte[] {0x1F, (byte) 0x8B, 8, 0, 1, 2});
        assertThatThrownBy(() -> NihLabelFile.read(folder.resolve("labels.csv"), NoFinding.KEEP, problems))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("gzip");
        assertThatThrownBy(() -> NihLabelFile.read(folder, NoFinding.KEEP, problems))
                .isInstanceOf(InputException.class);
        assertThatThrownBy(() -> NihLabelFile.read(folder.resolve("absent.csv"), NoFinding.KEEP, problems))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no such file");
    }

    @Test
    void theReleasesSampleReadsWithoutAProblem() {
        LabelTable table =
                NihLabelFile.read(Shared.path("nih-sample/Data_Entry_2017_v2020.csv"), NoFinding.KEEP, problems);

        assertThat(table.rows()).hasSize(120);
        assertThat(LabelVocabulary.of(table).size()).isEqualTo(14); // Hernia is not in the sample
        assertThat(table.rows().stream().map(LabelTable.LabelRow::patient).distinct())
                .hasSize(72);
        assertThat(problems.listed()).noneMatch(problem -> problem.kind().stops());
    }

    @Test
    void theWholeReleaseGoesThroughVocabularySplitAndSampler() {
        Path file = Shared.path("nih-labels-112120.csv.gz");
        LabelTable table = NihLabelFile.read(file, NoFinding.KEEP, problems);
        LabelVocabulary vocabulary = LabelVocabulary.of(table);
        String[] side = Split.byFraction(0.05, 0.1, Split.By.PATIENT, 1337).assign(table, problems);
        int[] order = Sampler.random(1337).order(table.size(), 0);

        assertThat(table.size()).isEqualTo(112_120);
        assertThat(vocabulary.size()).isEqualTo(15);
        assertThat(java.util.Arrays.stream(side).filter(Split.VALIDATION::equals))
                .hasSize(5606);
        assertThat(java.util.Arrays.stream(side).filter(Split.TEST::equals)).hasSize(11212);
        assertThat(order).hasSize(112_120);
    }

    @Test
    @Tag("timing")
    void theWholeReleaseTakesUnderFourSeconds() {
        Shared.path("nih-labels-112120.csv.gz");
        long start = System.nanoTime();
        theWholeReleaseGoesThroughVocabularySplitAndSampler();
        assertThat((System.nanoTime() - start) / 1e9)
                .as("seconds")
                .isLessThan(4); // 2 on a machine that does nothing else
    }
}
