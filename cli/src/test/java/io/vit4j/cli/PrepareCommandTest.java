package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.Privacy;
import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a small release: six patients with two grey pictures each, labelled by their patient's number. */
class PrepareCommandTest {
    @TempDir
    Path folder;

    private final CommandRun vit4j = new CommandRun();
    private Path data;
    private Path dataset;

    @BeforeEach
    void writeRelease() throws IOException {
        data = Files.createDirectories(folder.resolve("release"));
        dataset = folder.resolve("dataset");
        Files.createDirectories(data.resolve("images"));
        List<String> rows = new ArrayList<>(List.of("Image Index,Finding Labels,Follow-up #,Patient ID"));
        for (int i = 0; i < 12; i++) {
            String name = String.format("%08d_%03d.png", i / 2, i % 2);
            BufferedImage picture = new BufferedImage(40, 40, BufferedImage.TYPE_BYTE_GRAY);
            picture.getRaster().setSample(i, i, 0, 200);
            ImageIO.write(picture, "png", data.resolve("images").resolve(name).toFile());
            rows.add(name + "," + (i < 4 ? "No Finding" : i < 8 ? "Mass|Hernia" : "Edema") + "," + i % 2 + "," + i / 2);
        }
        Files.write(data.resolve("Data_Entry_2017_v2020.csv"), rows);
    }

    private int prepare(String... more) {
        List<String> args = new ArrayList<>(
                List.of("prepare", "--data", data.toString(), "--output", dataset.toString(), "--quiet"));
        args.addAll(List.of(more));
        return vit4j.run(args.toArray(String[]::new));
    }

    @Test
    void aReleaseBecomesADataSetInTheLabelFilesOrder() {
        assertThat(prepare("--validation", "0.34", "--test", "0.17"))
                .as(vit4j.err())
                .isZero();
        ArrowDataset made = ArrowDataset.open(dataset);
        assertThat(made.size()).isEqualTo(12);
        assertThat(made.get(0).file()).isEqualTo("00000000_000.png");
        assertThat(made.info().labels().names()).containsExactly("Edema", "Hernia", "Mass", "No Finding");
        assertThat(made.rows(Split.VALIDATION)).hasSize(4);
        assertThat(made.rows(Split.TEST)).hasSize(2);
        assertThat(vit4j.out())
                .startsWith(dataset + ": 6 train, 4 validation, 2 test; 224x224, grey; 4 labels: Edema,");
        assertThat(prepare("--validation", "0.34", "--test", "0.17")).isZero();
        assertThat(vit4j.out()).contains("already exists");
    }

    @Test
    void sharingLetsTheUmaskDecide() throws IOException {
        assumeTrue(folder.getFileSystem().supportedFileAttributeViews().contains("posix"), "no modes here");
        assertThat(prepare()).as(vit4j.err()).isZero();
        assertThat(Files.getPosixFilePermissions(dataset.resolve("data.arrow")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        try {
            assertThat(prepare("--overwrite", "--share")).as(vit4j.err()).isZero();
            Path asTheUmask = Files.createFile(folder.resolve("other"));
            assertThat(Files.getPosixFilePermissions(dataset.resolve("data.arrow")))
                    .isEqualTo(Files.getPosixFilePermissions(asTheUmask));
        } finally {
            System.clearProperty(Privacy.SHARE);
        }
    }

    @Test
    void listsSayWhoValidatesAndTests() throws IOException {
        Files.writeString(data.resolve("test_list.txt"), "00000005_000.png\n00000005_001.png\n");
        StringBuilder others = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            others.append(String.format("%08d_%03d.png%n", i / 2, i % 2));
        }
        Files.writeString(data.resolve("train_val_list.txt"), others);
        assertThat(prepare("--nih-official", "--validation", "0.2"))
                .as(vit4j.err())
                .isZero();
        assertThat(ArrowDataset.open(dataset).rows(Split.TEST)).containsExactly(10, 11);
        Path list = Files.writeString(folder.resolve("mine.txt"), "00000001_000.png\n00000001_001.png\n");
        assertThat(prepare("--validation-list", list.toString(), "--test", "0", "--overwrite", "true"))
                .as(vit4j.err())
                .isZero();
        assertThat(ArrowDataset.open(dataset).rows(Split.VALIDATION)).containsExactly(2, 3);
    }

    @Test
    void aLargerStoreKeepsAMarginAndDroppingNoFindingDropsALabel() {
        assertThat(prepare("--store-size", "256", "--no-finding-label", "drop"))
                .as(vit4j.err())
                .isZero();
        ArrowDataset made = ArrowDataset.open(dataset);
        assertThat(made.info().height()).isEqualTo(256);
        assertThat(made.info().cropHeight()).isEqualTo(224);
        assertThat(made.info().labels().names()).doesNotContain("No Finding");
    }

    @Test
    void aBadImageFailsOrIsSkippedAsAsked() throws IOException {
        Files.write(data.resolve("images/00000002_001.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G'});
        assertThat(prepare()).isEqualTo(2);
        assertThat(vit4j.err()).contains("00000002_001.png");
        assertThat(vit4j.err().lines()).hasSize(1);
        assertThat(dataset.resolve(ArrowDataset.FILE)).doesNotExist();
        assertThat(prepare("--on-bad-image", "skip")).as(vit4j.err()).isZero();
        assertThat(ArrowDataset.open(dataset).size()).isEqualTo(11);
        assertThat(dataset.resolve("skipped.csv")).content().contains("00000002_001.png");
    }

    /** Lines of the label file are counted from 1, the header's. */
    @Test
    void everythingThatIsWrongAtOnceIsOneLineAndAFileThatListsItByRow() throws IOException {
        Path labels = data.resolve("Data_Entry_2017_v2020.csv");
        List<String> rows = new ArrayList<>(Files.readAllLines(labels));
        rows.set(3, rows.get(3).replace(".png,", ".png ,")); // line 4: a stray space
        rows.add(rows.get(5)); // line 14: line 6 again
        rows.add(rows.get(6).replace("Mass|Hernia", "Mass")); // line 15: contradicts line 7
        rows.add("00000099_000.png,Edema,0,99"); // line 16: no such image
        rows.add("00000003_000.png"); // line 17: too few columns
        rows.add("../../etc/passwd,Edema,0,5"); // line 18
        Files.writeString(labels, "\uFEFF" + String.join("\r\n", rows).replace(',', ';') + "\r\n");
        Files.copy(data.resolve("images/00000000_000.png"), data.resolve("images/extra.png"));
        Path validation = Files.writeString(folder.resolve("validation.txt"), "00000000_000.png\n00000001_000.png\n");
        Path test = Files.writeString(folder.resolve("test.txt"), "00000000_001.png\n00000001_000.png\n");

        assertThat(prepare("--validation-list", validation.toString(), "--test-list", test.toString()))
                .isEqualTo(2);
        assertThat(vit4j.err().lines()).as(vit4j.err()).hasSize(1);
        assertThat(vit4j.err()).contains("line 15", "line 16", "line 17", "2 images missing", "problems.csv");
        List<String> listed = Files.readAllLines(dataset.resolve("problems.csv"));
        for (String problem : List.of(
                "no,stray space,.*,4,,.*00000001_000.png .*",
                "no,repeated row,.*,14,00000002_000.png,.*",
                "yes,conflicting rows,.*,15,00000002_001.png,.*line 7.*",
                "yes,missing image,.*,16,00000099_000.png,.*",
                "yes,row shape,.*,17,.*",
                "yes,missing image,.*,18,.*",
                "no,extra image,.*extra.png.*",
                "yes,in two lists,.*00000001_000.png.*",
                "yes,patient in two splits,.*",
                "no,file form,.*byte order mark.*",
                "no,file form,.*carriage returns.*",
                "no,file form,.*semicolons.*")) {
            assertThat(listed).as(problem).anyMatch(line -> line.matches(problem));
        }
        assertThat(dataset.resolve(ArrowDataset.FILE)).doesNotExist();
    }

    @Test
    void whatMakesNoSenseIsOneLineAndLeavesNothingBehind() throws IOException {
        String[][] wrong = {
            {"--validation", "0.2", "--validation-list", "x.txt"},
            {"--validation", "1.5"},
            {"--store-size", "100"},
            {"--image-size", "100x"},
            {"--grey16", "half"},
            {"--max-pixels", "0"},
            {"--workers", "0"},
            {"--split-by", "hospital"},
            {"--labels", folder.resolve("absent.csv").toString()},
            {"--model", folder.resolve("absent").toString()},
            {"--nih-official"},
            {"--label-column", "Finding Labels"},
            {"--image-column", "Image Index", "--label-column", "Finding Labels"},
            {"--patient-column", "Patient ID"},
        };
        for (String[] more : wrong) {
            assertThat(prepare(more)).as(String.join(" ", more)).isEqualTo(2);
            assertThat(vit4j.err().lines()).as(vit4j.err()).hasSize(1);
            assertThat(dataset).doesNotExist();
        }
        Files.delete(data.resolve("Data_Entry_2017_v2020.csv"));
        assertThat(prepare()).isEqualTo(2);
        assertThat(vit4j.err()).contains("there is no label file; give one with --labels");
    }

    @Test
    void aTableOfOnesOwnIsToldByItsColumns() throws IOException {
        StringBuilder table = new StringBuilder("name;Edema;Mass;who;part\n");
        for (int i = 0; i < 12; i++) {
            table.append(String.format(
                    "%08d_%03d;%d;%s;p%d;%s%n",
                    i / 2, i % 2, i % 3 == 0 ? 1 : 0, i % 2 == 0 ? "1" : "", i, i < 8 ? "train" : "val"));
        }
        Path file = Files.writeString(folder.resolve("own.csv"), table);
        String[] columns = {
            "--labels",
            file.toString(),
            "--image-column",
            "name",
            "--label_columns",
            "Edema,Mass",
            "--uncertain",
            "U-Ignore",
            "--blank-labels",
            "ignore",
            "--patient-column",
            "who",
            "--split-column",
            "part"
        };
        assertThat(prepare(columns)).as(vit4j.err()).isZero();
        ArrowDataset made = ArrowDataset.open(dataset);
        assertThat(made.info().labels().names()).containsExactly("Edema", "Mass");
        assertThat(made.labels(0)).containsExactly(1, 1);
        assertThat(made.labels(1)).containsExactly(0, Float.NaN);
        assertThat(made.rows(Split.VALIDATION)).containsExactly(8, 9, 10, 11);
        assertThat(made.rows(Split.TEST)).isEmpty();
    }

    @Test
    void aFolderPerClassIsSingleLabel() throws IOException {
        for (int i = 0; i < 12; i++) {
            Path sorted = data.resolve(i < 8 ? "train" : "test").resolve(i % 2 == 0 ? "ant" : "bee");
            Files.createDirectories(sorted);
            Files.move(data.resolve(String.format("images/%08d_%03d.png", i / 2, i % 2)), sorted.resolve(i + ".png"));
        }
        Files.delete(data.resolve("Data_Entry_2017_v2020.csv"));
        assertThat(prepare("--validation", "0.25")).as(vit4j.err()).isZero();
        ArrowDataset made = ArrowDataset.open(dataset);
        assertThat(made.info().problemType()).isEqualTo(ProblemType.SINGLE_LABEL);
        assertThat(made.info().labels().names()).containsExactly("ant", "bee");
        assertThat(made.rows(Split.TEST)).hasSize(4);
        assertThat(made.rows(Split.VALIDATION)).hasSize(2);
    }
}
