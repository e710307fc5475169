package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.data.ArrowDataset;
import io.vit4j.data.ProblemType;
import io.vit4j.data.Split;
import io.vit4j.image.Picture;
import io.vit4j.image.PngEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of docs/your-own-data.md, run as they stand there on small folders of the same shape as the data sets'. */
class WellKnownDataSetsTest {
    private static final Pattern WORD = Pattern.compile("(?:\"([^\"]*)\"|[^\\s\"])+");

    @TempDir
    Path folder;

    private final Random random = new Random(5);
    private CommandRun run;

    private static Path page() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("docs/your-own-data.md"))) {
            here = here.getParent();
        }
        return here.resolve("docs/your-own-data.md");
    }

    private ArrowDataset prepare(String dataSet) throws IOException {
        String row = Files.readAllLines(page()).stream()
                .filter(line -> line.startsWith("| " + dataSet + " |"))
                .findFirst()
                .orElseThrow();
        String command = row.substring(row.indexOf("`vit4j ") + 7, row.lastIndexOf('`'));
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(command);
        while (matcher.find()) {
            String word = matcher.group().replace("\"", "");
            boolean isPath = Files.exists(folder.resolve(word.replaceAll("[^\\w./ -]", "#"))) || word.equals("dataset");
            words.add(isPath ? folder.resolve(word).toString() : word);
        }
        words.add("--quiet");
        run = CommandRun.of(words.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
        return ArrowDataset.open(folder.resolve("dataset"));
    }

    private void picture(String path) throws IOException {
        byte[] pixels = new byte[20 * 16];
        random.nextBytes(pixels);
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, PngEncoder.encode(new Picture(20, 16, 1, pixels)));
    }

    private void text(String path, String... lines) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, String.join("\n", lines) + "\n");
    }

    private static List<String> names(ArrowDataset dataset) {
        return dataset.info().labels().names();
    }

    private static int count(ArrowDataset dataset, String split) {
        return dataset.rows(split).length;
    }

    @Test
    void nihChestXray14() throws IOException {
        List<String> rows = new ArrayList<>(
                List.of("Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
                        + "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"));
        StringBuilder train = new StringBuilder();
        StringBuilder test = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            String name = String.format("%08d_000.png", i);
            picture("CXR8/images/" + name);
            rows.add(
                    name + (i % 2 == 0 ? ",No Finding" : ",Edema|Mass") + ",0," + i + ",58,M,PA,2682,2749,0.143,0.143");
            (i < 9 ? train : test).append(name).append('\n');
        }
        text("CXR8/Data_Entry_2017_v2020.csv", rows.toArray(String[]::new));
        text("CXR8/train_val_list.txt", train.toString().strip());
        text("CXR8/test_list.txt", test.toString().strip());
        ArrowDataset dataset = prepare("NIH ChestX-ray14");
        assertThat(names(dataset)).containsExactly("Edema", "Mass", "No Finding");
        assertThat(dataset.rows(Split.TEST)).containsExactly(9, 10, 11);
        dataset.close();
    }

    @Test
    void chexpert() throws IOException {
        List<String> rows =
                new ArrayList<>(List.of("Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,"
                        + "Cardiomegaly,Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,"
                        + "Pleural Effusion,Pleural Other,Fracture,Support Devices"));
        for (int i = 0; i < 24; i++) {
            String path =
                    String.format("CheXpert-v1.0-small/train/patient%05d/study%d/view1_frontal.jpg", i / 2, 1 + i % 2);
            picture(path);
            rows.add(path + ",Female,68,Frontal,AP,,," + (i == 0 ? "-1.0" : "") + ",,,1.0,0.0,,,,-1.0,,,");
        }
        text("CheXpert-v1.0-small/train.csv", rows.toArray(String[]::new));
        ArrowDataset dataset = prepare("CheXpert");
        assertThat(names(dataset))
                .containsExactly("Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Pleural Effusion");
        assertThat(dataset.labels(0)).containsExactly(0, 1, 0, 1, 1); // -1 is 1 by U-Ones, a blank is negative
        assertThat(dataset.labels(1)).containsExactly(0, 0, 0, 1, 1);
        for (int i = 0; i < 24; i += 2) {
            assertThat(dataset.splitOf(i)).as("the patient's two studies").isEqualTo(dataset.splitOf(i + 1));
        }
        dataset.close();
    }

    @Test
    void mimicCxr() throws IOException {
        List<String> split = new ArrayList<>(List.of("dicom_id,study_id,subject_id,split"));
        List<String> labels =
                new ArrayList<>(List.of("subject_id,study_id,Atelectasis,Cardiomegaly,Consolidation,Edema,"
                        + "Enlarged Cardiomediastinum,Fracture,Lung Lesion,Lung Opacity,No Finding,Pleural Effusion,Pleural Other,"
                        + "Pneumonia,Pneumothorax,Support Devices"));
        for (int i = 0; i < 12; i++) {
            int subject = 10000032 + i / 2;
            int study = 50414267 + i;
            String dicom = String.format("%08x-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd", i);
            picture("mimic-cxr-jpg/files/p10/p" + subject + "/s" + study + "/" + dicom + ".jpg");
            split.add(dicom + "," + study + "," + subject + "," + (i < 8 ? "train" : i < 10 ? "validate" : "test"));
            if (i != 3) {
                labels.add(subject + "," + study + ",,,," + (i % 2 == 0 ? "1.0" : "-1.0") + ",,,,,,0.0,,,,");
            }
        }
        text("mimic-cxr-jpg/mimic-cxr-2.0.0-split.csv", split.toArray(String[]::new));
        text("mimic-cxr-jpg/mimic-cxr-2.0.0-chexpert.csv", labels.toArray(String[]::new));
        ArrowDataset dataset = prepare("MIMIC-CXR");
        assertThat(List.of(count(dataset, Split.TRAIN), count(dataset, Split.VALIDATION), count(dataset, Split.TEST)))
                .containsExactly(7, 2, 2); // the study without labels is left out
        assertThat(dataset.labels(0)).containsExactly(0, 0, 0, 1, 0);
        assertThat(dataset.labels(1)).containsExactly(0, 0, 0, Float.NaN, 0);
        assertThat(run.out()).contains("joined by subject_id, study_id").contains("50414270");
        dataset.close();
    }

    @Test
    void padChest() throws IOException {
        List<String> rows =
                new ArrayList<>(List.of(",ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,Projection,Labels"));
        for (int i = 0; i < 20; i++) {
            picture("PadChest/" + i % 3 + "/" + (137050500 + i) + "_x.png");
            rows.add(i + "," + (137050500 + i) + "_x.png," + i % 3 + ",20140915,S" + i + ",P" + i + ",PA,"
                    + (i % 3 == 0 ? "\"['normal']\"" : i == 1 ? "" : "\"['cardiomegaly', ' pleural effusion']\""));
        }
        text("PadChest/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv", rows.toArray(String[]::new));
        ArrowDataset dataset = prepare("PadChest");
        assertThat(names(dataset)).containsExactly("cardiomegaly", "normal", "pleural effusion");
        assertThat(dataset.labels(2)).containsExactly(1, 0, 1);
        dataset.close();
    }

    @Test
    void vinDrCxr() throws IOException {
        List<String> rows = new ArrayList<>(List.of("image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max"));
        for (int i = 0; i < 12; i++) {
            picture("vindr/train/" + String.format("%032x", i) + ".png");
            for (int reader = 8; reader < 11; reader++) {
                rows.add(String.format("%032x", i)
                        + (i % 2 == 0
                                ? ",No finding,14,R" + reader + ",,,,"
                                : ",Cardiomegaly,3,R" + reader + ",691,1375,1653,183" + reader));
            }
        }
        rows.add(String.format("%032x", 1) + ",Aortic enlargement,0,R9,1,2,3,4");
        text("vindr/train.csv", rows.toArray(String[]::new));
        ArrowDataset dataset = prepare("VinDr-CXR");
        assertThat(names(dataset)).containsExactly("Aortic enlargement", "Cardiomegaly", "No finding");
        assertThat(dataset.size()).isEqualTo(12);
        assertThat(dataset.labels(1)).containsExactly(1, 1, 0);
        assertThat(run.out()).contains("class_id, class_name, rad_id, x_max");
        dataset.close();
    }

    @Test
    void rsnaPneumonia() throws IOException {
        List<String> rows = new ArrayList<>(List.of("patientId,x,y,width,height,Target"));
        for (int i = 0; i < 12; i++) {
            String patient = "0004cfab-14fd-4e49-80ba-63a80b6b" + String.format("%04d", i);
            picture("rsna/stage_2_train_images/" + patient + ".png");
            if (i % 3 == 0) {
                rows.add(patient + ",264.0,152.0,213.0,379.0,1");
                rows.add(patient + ",562.0,152.0,256.0,453.0,1");
            } else {
                rows.add(patient + ",,,,,0");
            }
        }
        text("rsna/stage_2_train_labels.csv", rows.toArray(String[]::new));
        ArrowDataset dataset = prepare("RSNA pneumonia");
        assertThat(dataset.info().problemType()).isEqualTo(ProblemType.SINGLE_LABEL);
        assertThat(dataset.size()).isEqualTo(12);
        assertThat(dataset.labels(0)).containsExactly(1);
        assertThat(run.out()).contains("such rows differ in height, width, x");
        dataset.close();
    }

    @Test
    void mura() throws IOException {
        for (int i = 0; i < 12; i++) {
            picture("MURA-v1.1/" + (i < 9 ? "train" : "valid") + "/XR_" + (i % 2 == 0 ? "ELBOW" : "HAND")
                    + "/patient0001" + i / 3 + "/study" + (1 + i % 3) + "_" + (i % 4 == 0 ? "positive" : "negative")
                    + "/image1.png");
        }
        ArrowDataset dataset = prepare("MURA");
        assertThat(names(dataset)).containsExactly("negative", "positive");
        assertThat(count(dataset, Split.VALIDATION)).isEqualTo(3);
        assertThat(count(dataset, Split.TRAIN)).isEqualTo(9);
        dataset.close();
    }

    @Test
    void isic2019() throws IOException {
        List<String> rows = new ArrayList<>(List.of("image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK"));
        for (int i = 0; i < 10; i++) {
            picture("ISIC_2019_Training_Input/ISIC_000000" + i + ".jpg");
            rows.add("ISIC_000000" + i + (i % 2 == 0 ? ",1.0,0.0" : ",0.0,1.0") + ",0.0,0.0,0.0,0.0,0.0,0.0,0.0");
        }
        text("ISIC_2019_Training_GroundTruth.csv", rows.toArray(String[]::new));
        ArrowDataset dataset = prepare("ISIC 2019");
        assertThat(dataset.info().problemType()).isEqualTo(ProblemType.SINGLE_LABEL);
        assertThat(names(dataset)).hasSize(8).contains("MEL", "VASC");
        assertThat(names(dataset).get((int) dataset.labels(1)[0])).isEqualTo("NV");
        dataset.close();
    }

    @Test
    void aptos2019() throws IOException {
        List<String> rows = new ArrayList<>(List.of("id_code,diagnosis"));
        for (int i = 0; i < 15; i++) {
            picture("aptos/train_images/000c1434d8d" + (char) ('a' + i) + ".png");
            rows.add("000c1434d8d" + (char) ('a' + i) + "," + i % 5);
        }
        text("aptos/train.csv", rows.toArray(String[]::new));
        ArrowDataset dataset = prepare("APTOS 2019");
        assertThat(names(dataset)).containsExactly("0", "1", "2", "3", "4");
        dataset.close();
    }

    @Test
    void chestXraysOfChildren() throws IOException {
        for (String split : List.of("train", "val", "test")) {
            for (int i = 0; i < 4; i++) {
                picture("chest_xray/" + split + "/NORMAL/IM-0115-000" + i + ".jpeg");
                picture("chest_xray/" + split + "/PNEUMONIA/person" + i + "_bacteria_2.jpeg");
            }
        }
        text("chest_xray/__MACOSX/train/NORMAL/._IM-0115-0001.jpeg", "x");
        text("chest_xray/train/NORMAL/.DS_Store", "x");
        ArrowDataset dataset = prepare("Chest X-rays of children (Kaggle)");
        assertThat(names(dataset)).containsExactly("NORMAL", "PNEUMONIA");
        assertThat(List.of(count(dataset, Split.TRAIN), count(dataset, Split.VALIDATION), count(dataset, Split.TEST)))
                .containsExactly(8, 8, 8);
        dataset.close();
    }

    @Test
    void food101() throws IOException {
        for (int i = 0; i < 8; i++) {
            picture("food-101/images/apple_pie/" + (1005649 + i) + ".jpg");
            picture("food-101/images/baby_back_ribs/" + (1005649 + i) + ".jpg");
        }
        text("food-101/meta/test.txt", "apple_pie/1005649", "baby_back_ribs/1005650", "baby_back_ribs/1005651");
        ArrowDataset dataset = prepare("Food-101");
        assertThat(names(dataset)).containsExactly("apple_pie", "baby_back_ribs");
        assertThat(dataset.rows(Split.TEST)).hasSize(3);
        dataset.close();
    }

    @Test
    void breakHis() throws IOException {
        for (int i = 0; i < 24; i++) {
            boolean benign = i % 2 == 0;
            String slide = (benign ? "SOB_B_A_14-" : "SOB_M_DC_14-") + (22549 + i / 4) + "AB";
            String zoom = List.of("40X", "100X", "200X", "400X").get(i % 4);
            picture("BreaKHis_v1/histology_slides/breast/" + (benign ? "benign" : "malignant") + "/SOB/"
                    + (benign ? "adenosis" : "ductal_carcinoma") + "/" + slide + "/" + zoom + "/" + slide + "-40-00" + i
                    + ".png");
        }
        ArrowDataset dataset = prepare("BreakHis");
        assertThat(names(dataset)).containsExactly("benign", "malignant");
        assertThat(dataset.size()).isEqualTo(24);
        assertThat(run.out()).doesNotContain("no patients");
        dataset.close();
    }
}
