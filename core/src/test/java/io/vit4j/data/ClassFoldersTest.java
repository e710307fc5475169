package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders as data sets have them. A row is told as {@code split:class}. */
class ClassFoldersTest {
    private final Problems problems = new Problems();

    private String read(List<String> classes, String... names) {
        return ClassFolders.read("data", List.of(names), classes, problems).rows().stream()
                .map(row -> row.split().orElse("-") + ":" + row.labels().get(0))
                .collect(Collectors.joining(" "));
    }

    private String found(String... names) {
        return read(List.of(), names);
    }

    /** The first column is what Hugging Face {@code datasets} takes for a training split, with its keyword rules. */
    @ParameterizedTest
    @CsvSource({
        "train,test",
        "Training,Testing",
        "seg_train/seg_train,seg_test/seg_test",
        "train2017,test1",
        "data/train,data/eval",
        "my.train-set,evaluation",
        "ISIC_2019_Training_Input,ISIC_2019_Test_Input",
        "chest_xray/chest_xray/train,chest_xray/chest_xray/test",
        "my_test_project/train,my_test_project/test",
    })
    void foldersNameSplitsAloneOrWithinTheirNames(String train, String test) {
        assertThat(found(train + "/cat/1.png", train + "/dog/2.png", test + "/cat/3.png", test + "/dog/4.png"))
                .matches("(train:cat train:dog test:cat test:dog|test:cat test:dog train:cat train:dog)");
    }

    @ParameterizedTest
    @CsvSource({"val", "valid", "validation", "dev", "seg_val", "Validation2", "data_dev"})
    void foldersForValidation(String name) {
        assertThat(found("train/a/1.png", "train/b/2.png", name + "/a/3.png", name + "/b/4.png"))
                .contains("validation:a", "validation:b", "train:a", "train:b");
    }

    @Test
    void aClassFolderWithASplitsWordInItsNameIsAClass() {
        assertThat(found("beaker/1.png", "test_tube/2.png", "train_station/3.png"))
                .isEqualTo("-:beaker -:test_tube -:train_station");
        assertThat(found("contest/cat/1.png", "trainers/dog/2.png")).isEqualTo("-:cat -:dog");
    }

    @Test
    void imagesInNoFolderOfASplitAreLeftOutAndTold() {
        assertThat(found(
                        "seg_pred/seg_pred/9.png",
                        "seg_train/a/1.png",
                        "seg_train/b/2.png",
                        "seg_test/a/3.png",
                        "x.png"))
                .isEqualTo("test:a train:a train:b");
        assertThat(problems.count(Problems.ProblemKind.SKIPPED_IMAGE)).isEqualTo(2);
        assertThat(problems.remarks()).anyMatch(remark -> remark.contains("seg_pred/seg_pred/9.png"));
    }

    @Test
    void withoutAFolderForTrainingTheRestIsForTrainingAndTold() {
        assertThat(found("cat/1.png", "dog/2.png", "test/cat/3.png", "test/dog/4.png"))
                .isEqualTo("train:cat train:dog test:cat test:dog");
        assertThat(problems.remarks()).anyMatch(remark -> remark.contains("2 images, so they are used for training"));
    }

    @Test
    void splitsBelowTheirClassesAreSplits() {
        assertThat(found("cat/train/1.png", "cat/test/2.png", "dog/train/3.png", "dog/val/4.png"))
                .isEqualTo("test:cat train:cat train:dog validation:dog");
    }

    @Test
    void filesOwnNamesTellTheSplitIfAllDo() {
        assertThat(found("cat/cat_train_1.png", "cat/cat_test_2.png", "dog/train-3.png"))
                .isEqualTo("test:cat train:cat train:dog");
        assertThat(problems.remarks()).anyMatch(remark -> remark.contains("from the file names"));
        assertThat(found("cat/cat_train_1.png", "cat/2.png", "dog/test-3.png")).isEqualTo("-:cat -:cat -:dog");
    }

    @Test
    void foldersCalledForWhatLiesInThemAreNoClasses() {
        assertThat(found("COVID/images/1.png", "COVID/masks/1.png", "Normal/images/2.png", "Normal/masks/2.png"))
                .isEqualTo("-:COVID -:Normal");
        assertThat(problems.count(Problems.ProblemKind.SKIPPED_IMAGE)).isEqualTo(2);
        assertThat(problems.remarks()).anyMatch(remark -> remark.contains("the class is the folder above"));
        assertThat(found("train/a/img/1.png", "train/b/img/2.png", "test/a/img/3.png"))
                .isEqualTo("test:a train:a train:b");
        assertThat(found("COVID/images/1.png", "Viral/images/2.png", "Normal/3.png"))
                .isEqualTo("-:COVID -:Normal -:Viral");
    }

    @Test
    void theSameNamesAreClassesIfTheyAreAllThereIs() {
        assertThat(found("photos/1.png", "paintings/2.png")).isEqualTo("-:paintings -:photos");
        assertThat(found("mask/1.png", "no_mask/2.png")).isEqualTo("-:mask -:no_mask");
        assertThat(found("art/photos/1.png", "art/paintings/2.png")).isEqualTo("-:paintings -:photos");
    }

    @Test
    void magnificationsAndExaminationsAreNoClassesAndTheOneAboveIsMeant() {
        assertThat(found("benign/40X/1.png", "benign/100X/2.png", "malignant/40X/3.png"))
                .isEqualTo("-:benign -:benign -:malignant");
        assertThat(found("sick/patient01/study1/a.png", "well/patient02/study1/b.png", "well/patient02/study2/b.png"))
                .isEqualTo("-:sick -:well -:well");
    }

    @Test
    void ifSeveralFoldersMayBeMeantTheQuestionIsAskedWithAnExample() {
        String[] slides = {
            "histology/benign/SOB/adenosis/SOB_B_A_14-1/40X/1.png",
            "histology/benign/SOB/fibroadenoma/SOB_B_F_14-2/100X/2.png",
            "histology/malignant/SOB/ductal/SOB_M_DC_14-3/40X/3.png",
        };
        assertThatThrownBy(() -> found(slides))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("100X, 40X")
                .hasMessageContaining("--classes benign,malignant");
        assertThat(read(List.of("benign", "malignant"), slides)).isEqualTo("-:benign -:benign -:malignant");

        String[] studies = {
            "train/XR_ELBOW/patient00011/study1_negative/image1.png",
            "train/XR_HAND/patient00012/study1_positive/image1.png",
            "valid/XR_HAND/patient00013/study2_positive/image1.png",
        };
        assertThatThrownBy(() -> found(studies))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--classes negative,positive");
        LabelTable table = ClassFolders.read("MURA", List.of(studies), List.of("negative", "positive"), problems);
        assertThat(table.rows().stream()
                        .map(row -> row.split().get() + ":" + row.labels()
                                + row.patient().get()))
                .containsExactly(
                        "train:[negative]patient00011",
                        "train:[positive]patient00012",
                        "validation:[positive]patient00013");
    }

    @Test
    void foldersOfPatientsAloneTellNoClass() {
        assertThatThrownBy(() -> found("patient00001/1.png", "patient00002/2.png"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--labels");
    }

    @Test
    void aClassWithClassesInItIsAQuestion() {
        assertThatThrownBy(() -> found("cat/1.png", "cat/best/2.png", "dog/3.png"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cat contains images and also cat/best")
                .hasMessageContaining("--classes cat,dog");
        assertThat(read(List.of("cat", "dog"), "cat/1.png", "cat/best/2.png", "dog/3.png"))
                .isEqualTo("-:cat -:cat -:dog");
    }

    @Test
    void namedClassesLeaveTheOthersOutAndMustExist() {
        assertThat(read(List.of("Cat", "dog"), "x/cat/1.png", "x/dog/2.png", "x/cow/3.png"))
                .isEqualTo("-:Cat -:dog");
        assertThat(problems.count(Problems.ProblemKind.SKIPPED_IMAGE)).isEqualTo(1);
        assertThatThrownBy(() -> read(List.of("cat", "bird"), "cat/1.png", "dog/2.png"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no folder is named bird");
    }

    @Test
    void namesThatLookAlikeAreOneClass() {
        assertThat(found("train/cafe\u0301/1.png", "test/caf\u00e9/2.png", "train/bar/3.png", "test/bar\u00a0/4.png"))
                .isEqualTo("test:bar test:caf\u00e9 train:bar train:caf\u00e9");
    }
}
