package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitTest {
    @TempDir
    Path folder;

    private final Problems problems = new Problems();

    private static LabelTable table(String... imageAndPatient) {
        List<LabelTable.LabelRow> rows = new ArrayList<>();
        for (String pair : imageAndPatient) {
            String[] parts = pair.split(":");
            Optional<String> patient = parts.length > 1 ? Optional.of(parts[1]) : Optional.empty();
            rows.add(new LabelTable.LabelRow(
                    rows.size() + 2, parts[0], List.of("A"), List.of(), patient, Optional.empty(), List.of()));
        }
        return new LabelTable("labels.csv", ProblemType.MULTI_LABEL, List.of(), List.of(), rows);
    }

    private static LabelTable clinic(int images, int patients, long seed) {
        Random random = new Random(seed);
        String[] rows = new String[images];
        for (int i = 0; i < images; i++) {
            rows[i] = i + ".png:" + random.nextInt(patients);
        }
        return table(rows);
    }

    private static Map<String, String> sideOf(LabelTable table, String[] side) {
        Map<String, String> sides = new HashMap<>();
        for (int i = 0; i < side.length; i++) {
            sides.put(table.rows().get(i).image(), side[i]);
        }
        return sides;
    }

    private static long count(String[] side, String name) {
        return Arrays.stream(side).filter(name::equals).count();
    }

    private Path list(String name, String... images) throws IOException {
        return Files.write(folder.resolve(name), List.of(images));
    }

    @Test
    void noPatientIsOnTwoSidesAndTheFractionsAreMet() {
        for (long seed = 0; seed < 50; seed++) {
            LabelTable table = clinic(1000, 60, seed);
            String[] side = Split.byFraction(0.05, 0.1, Split.By.PATIENT, seed).assign(table, problems);

            Map<String, String> sideOfPatient = new HashMap<>();
            for (int i = 0; i < side.length; i++) {
                String earlier =
                        sideOfPatient.putIfAbsent(table.rows().get(i).patient().orElseThrow(), side[i]);
                assertThat(earlier == null || earlier.equals(side[i])).isTrue();
            }
            assertThat(count(side, Split.TEST)).isEqualTo(100);
            assertThat(count(side, Split.VALIDATION)).isBetween(49L, 51L);
        }
        assertThat(problems.isEmpty()).isTrue();
    }

    @Test
    void theChoiceDependsOnSeedAndNamesButNotOnTheRowsOrder() {
        LabelTable table = clinic(300, 40, 1);
        List<LabelTable.LabelRow> shuffled = new ArrayList<>(table.rows());
        Collections.shuffle(shuffled, new Random(5));
        LabelTable reordered = table.withRows(shuffled);
        Split split = Split.byFraction(0.1, 0.2, Split.By.PATIENT, 7);

        assertThat(sideOf(reordered, split.assign(reordered, problems)))
                .isEqualTo(sideOf(table, split.assign(table, problems)));
        assertThat(sideOf(table, Split.byFraction(0.1, 0.2, Split.By.PATIENT, 8).assign(table, problems)))
                .isNotEqualTo(sideOf(table, split.assign(table, problems)));
    }

    @Test
    void theWalkthroughsSplitByImageIsThereAndItsLeakIsTold() {
        LabelTable table = clinic(112_120, 30_805, 3);
        String[] side = Split.byFraction(0.05, 0, Split.By.IMAGE, 1337).assign(table, problems);

        assertThat(count(side, Split.VALIDATION)).isEqualTo(5606);
        assertThat(count(side, Split.TRAIN)).isEqualTo(106_514);
        assertThat(problems.count(Problems.ProblemKind.SHARED_PATIENT)).isPositive();
        problems.report(folder); // told, not refused
    }

    @Test
    void theChosenSumIsTheNearestThereIs() {
        Random random = new Random(4);
        for (int round = 0; round < 2000; round++) {
            int[] sizes = random.ints(2 + random.nextInt(9), 1, 1 + random.nextInt(40) + 1)
                    .toArray();
            int total = Arrays.stream(sizes).sum();
            int target = 1 + random.nextInt(total);
            int nearest = Integer.MAX_VALUE;
            for (int subset = 1; subset < (1 << sizes.length) - 1; subset++) {
                int sum = 0;
                for (int i = 0; i < sizes.length; i++) {
                    sum += (subset >> i & 1) * sizes[i];
                }
                nearest = Math.min(nearest, Math.abs(sum - target));
            }
            BitSet chosen = NearestSubset.choose(sizes, target);
            assertThat(chosen.cardinality()).isBetween(1, sizes.length - 1);
            assertThat(Math.abs(chosen.stream().map(i -> sizes[i]).sum() - target))
                    .as("%s to %d", Arrays.toString(sizes), target)
                    .isEqualTo(nearest);
        }
    }

    @Test
    void listFilesPlaceTheirImagesAndLeaksThroughThemAreFound() throws IOException {
        LabelTable table = table("a:1", "b:1", "c:2", "d:3");
        Split split = new Split(
                new Split.ListFile(list("validation.txt", "c", "unheard-of")),
                new Split.ListFile(list("test.txt", "a")),
                Optional.empty(),
                Split.By.PATIENT,
                1);

        assertThat(split.assign(table, problems)).containsExactly("test", "train", "validation", "train");
        assertThat(problems.count(Problems.ProblemKind.LISTED_ONLY)).isEqualTo(1);
        assertThatThrownBy(() -> problems.report(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("patient 1 is in train here and in test at line 2")
                .hasMessageContaining("--split-by image");
    }

    @Test
    void anImageInTwoListsIsFound() throws IOException {
        Split split = new Split(
                new Split.ListFile(list("validation.txt", "a")),
                new Split.ListFile(list("test.txt", "a", "b")),
                Optional.empty(),
                Split.By.IMAGE,
                1);
        split.assign(table("a:1", "b:2", "c:3"), problems);

        assertThat(problems.count(Problems.ProblemKind.IN_TWO_LISTS)).isEqualTo(1);
    }

    @Test
    void theOfficialSplitTakesValidationFromTrainValByPatient() throws IOException {
        String[] rows = new String[100];
        List<String> train = new ArrayList<>();
        List<String> test = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            rows[i] = i + ".png:" + i / 4;
            (i < 80 ? train : test).add(i + ".png");
        }
        list("train_val_list.txt", train.toArray(String[]::new));
        list("test_list.txt", test.toArray(String[]::new));
        String[] side = Split.nihOfficial(folder, 0.1, 5).assign(table(rows), problems);

        assertThat(count(side, Split.TEST)).isEqualTo(20);
        assertThat(count(side, Split.VALIDATION)).isEqualTo(8);
        assertThat(Arrays.stream(side, 80, 100)).containsOnly(Split.TEST);
        assertThat(problems.isEmpty()).isTrue();

        Split.nihOfficial(folder, 0.1, 5).assign(table("0.png:1", "80.png:2", "new.png:9"), problems);
        assertThat(problems.count(Problems.ProblemKind.IN_NO_LIST)).isEqualTo(1);
    }

    @Test
    void foldersAndColumnsMayHaveSaid() {
        assertThat(Split.named(" Valid ")).contains(Split.VALIDATION);
        assertThat(Split.named("dev")).contains(Split.VALIDATION);
        assertThat(Split.named("TEST")).contains(Split.TEST);
        assertThat(Split.named("holdout")).isEmpty();
        assertThat(Split.named("PublicTest")).contains(Split.TEST);
        assertThat(Split.named("Validate")).contains(Split.VALIDATION);
        assertThat(Split.named("eval")).contains(Split.TEST); // as in datasets
        for (String neither : List.of("train_val", "not test", "0", "contest", "trainer", "")) {
            assertThat(Split.named(neither)).as(neither).isEmpty();
        }
    }

    @Test
    void theUsualSplitFollowsWhatIsTold() {
        LabelTable untold = clinic(200, 200, 1);
        assertThat(count(Split.usual(untold, Split.By.PATIENT, 1).assign(untold, problems), Split.TEST))
                .isEqualTo(20);
        List<LabelTable.LabelRow> rows = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            rows.add(new LabelTable.LabelRow(
                    i,
                    i + ".png",
                    List.of("A"),
                    List.of(),
                    Optional.empty(),
                    Optional.of(i < 40 ? "test" : "train"),
                    List.of()));
        }
        LabelTable told = untold.withRows(rows);
        String[] side = Split.usual(told, Split.By.IMAGE, 1).assign(told, problems);
        assertThat(Arrays.stream(side, 0, 40)).containsOnly(Split.TEST);
        assertThat(count(side, Split.VALIDATION)).isEqualTo(3); // of 60
    }

    @Test
    void tooFewPatientsIsOneLine() {
        Split split = Split.byFraction(0.5, 0, Split.By.PATIENT, 1);
        split.assign(table("a:1", "b:1"), problems);
        assertThatThrownBy(() -> problems.report(folder))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("patients");
        assertThatThrownBy(() -> new Split.Fraction(1)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> new Split.Fraction(Double.NaN)).isInstanceOf(InputException.class);
    }

    @Test
    void emptyOrAbsentListsAreOneLine() throws IOException {
        Split.SplitRule empty = new Split.ListFile(list("empty.txt"));
        assertThatThrownBy(() -> new Split(empty, new Split.Fraction(0), Optional.empty(), Split.By.IMAGE, 1)
                        .assign(table("a:1"), problems))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("empty.txt");
    }

    private static LabelTable told(String... imageAndSplit) {
        List<LabelTable.LabelRow> rows = new ArrayList<>();
        for (String pair : imageAndSplit) {
            String[] parts = pair.split(":", -1);
            rows.add(new LabelTable.LabelRow(
                    rows.size() + 2,
                    parts[0],
                    List.of("A"),
                    List.of(),
                    Optional.empty(),
                    Optional.of(parts[1]).filter(word -> !word.isEmpty()),
                    List.of()));
        }
        return new LabelTable("labels.csv", ProblemType.MULTI_LABEL, List.of(), List.of(), rows);
    }

    private String[] usual(LabelTable table) {
        return Split.usual(table, Split.By.IMAGE, 1).assign(table, problems);
    }

    @Test
    void wordsOfAColumnAreReadAndToldOrRefusedAndNeverTrain() {
        assertThat(usual(told("a:Training", "b:PublicTest", "c:validate", "d:Dev", "e:eval", "f:TRAIN", "g:valid_set")))
                .containsExactly("train", "test", "validation", "validation", "test", "train", "validation");
        assertThat(problems.remarks())
                .anyMatch(remark -> remark.contains("PublicTest=test") && remark.contains("valid_set=validation"));
        assertThat(problems.listed()).noneMatch(problem -> problem.kind().stops());

        for (String unknown : List.of("holdout", "fold1", "0", "True", "train_val", "not train", "", "unlabeled")) {
            Problems found = new Problems();
            LabelTable table = told("a:train", "b:test", "c:" + unknown);
            Split.usual(table, Split.By.IMAGE, 1).assign(table, found);
            assertThatThrownBy(() -> found.report(folder))
                    .as(unknown)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("line 4")
                    .hasMessageContaining("--split-values holdout=test");
        }
    }

    @Test
    void ownWordsMayBeGivenAMeaning() {
        LabelTable table = told("a:Training", "b:PublicTest", "c:PrivateTest", "d:holdout")
                .withSplitWords(Map.of("publictest", "validation", "holdout", "test"));
        assertThat(usual(table)).containsExactly("train", "validation", "test", "test");
        assertThatThrownBy(() -> table.withSplitWords(Map.of("x", "tset"))).isInstanceOf(InputException.class);
    }

    @Test
    void listsMatchAsLenientlyAsLabelFilesDo() throws IOException {
        LabelTable table = table("images/apple/1.jpg", "images/apple/2.jpg", "images/pear/1.jpg", "images/pear/3.jpg");
        Split split = new Split(
                new Split.ListFile(list("validation.txt", "D:\\food\\images\\apple\\2.jpg")),
                new Split.ListFile(list("test.txt", "apple/1", "./pear/3.png")),
                Optional.empty(),
                Split.By.IMAGE,
                1);
        assertThat(split.assign(table, problems)).containsExactly("test", "validation", "train", "train");
        assertThat(problems.count(Problems.ProblemKind.LISTED_ONLY)).isEqualTo(1); // another ending is another file

        Split bare = new Split(
                new Split.Fraction(0),
                new Split.ListFile(list("bare.txt", "1.jpg", "3.jpg")),
                Optional.empty(),
                Split.By.IMAGE,
                1);
        bare.assign(table, problems);
        assertThat(problems.count(Problems.ProblemKind.AMBIGUOUS_IMAGE)).isEqualTo(1);
    }

    @Test
    void aListThatPlacesNothingIsRefused() throws IOException {
        Split split = new Split(
                new Split.Fraction(0),
                new Split.ListFile(list("test.txt", "x", "y")),
                Optional.empty(),
                Split.By.IMAGE,
                1);
        assertThatThrownBy(() -> split.assign(table("a", "b"), problems))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("names 2 images, such as x, but none of them is in labels.csv, such as a");
    }
}
