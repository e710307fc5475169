package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.JsonObject;
import io.vit4j.base.Progress;
import io.vit4j.dicom.DebianTool;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.StoredFile;
import io.vit4j.dicom.TestImages;
import io.vit4j.dicom.network.Destination;
import io.vit4j.dicom.network.StorageServer;
import io.vit4j.dicom.result.FindingCodes;
import io.vit4j.dicom.result.HeatmapImage;
import io.vit4j.dicom.result.StructuredReport;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.Picture;
import io.vit4j.options.PictureOptions;
import io.vit4j.serve.Client;
import io.vit4j.serve.ModelServer;
import io.vit4j.serve.OpenApi;
import io.vit4j.serve.ServerSettings;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** {@code predict} writes what a PACS and an information system take: beside the scores that it prints. */
class PacsResultsTest {
    private static final String MODEL = """
            {"model_type": "vit", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
             "intermediate_size": 16, "image_size": 32, "patch_size": 8}
            """;

    @TempDir
    static Path folder;

    private static CommandRun run(Object... line) {
        return CommandRun.of(Arrays.stream(line).map(Object::toString).toArray(String[]::new));
    }

    private static void must(Object... line) {
        CommandRun run = run(line);
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    @BeforeAll
    static void aModelIsTrained() throws IOException {
        Path release = folder.resolve("release");
        SyntheticRelease.write(
                new SyntheticRelease.Options(release, 12, 3, Prevalence.of("balanced")), 2, Progress.NONE);
        Files.writeString(folder.resolve("model.json"), MODEL);
        Path dataset = folder.resolve("dataset");
        must("prepare", "--data", release, "--output", dataset, "--validation", 0, "--test", 0, "--image-size", 32);
        must(
                "train",
                "--dataset",
                dataset,
                "--output",
                model(),
                "--from-scratch",
                folder.resolve("model.json"),
                "--max-steps",
                1,
                "--per-device-train-batch-size",
                4,
                "--bf16",
                "false",
                "--report-to",
                "none");
        Files.writeString(model().resolve("decision.json"), """
                {"temperature": 1, "thresholds": {"Effusion": 0.000001, "Nodule": 0.999999}}""");
        Files.writeString(model().resolve("evaluation-test.json"), "{\"split\": \"test\"}");
        Files.createDirectory(folder.resolve("study"));
        Files.write(folder.resolve("study/IM1"), TestImages.chest(1).file());
        Files.write(folder.resolve("study/IM2"), TestImages.chest(2).file());
    }

    private static Path model() {
        return folder.resolve("tuned");
    }

    private static List<Path> files(Path in, String ending) throws IOException {
        try (Stream<Path> files = Files.list(in)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void everyLabelHasAHeatMapOfItsOwn() {
        List<String> labels = List.of("Mass/Nodule", "mass_nodule", "Effusion");
        assertThat(labels.stream().map(label -> ResultOptions.fileName(label, labels)))
                .containsExactly("Mass_Nodule.1", "mass_nodule.2", "Effusion");
    }

    @Test
    void reportsHeatmapsAndFhirAreWrittenAndAreTheSameTheNextTime() throws IOException {
        Path dicom = folder.resolve("dicom");
        Path fhir = folder.resolve("fhir");
        must(
                "predict",
                "--model",
                model(),
                "--dicom-output",
                dicom,
                "--dicom-heatmap",
                "--fhir-output",
                fhir,
                folder.resolve("study"));
        List<Path> reports = files(dicom, ".sr.dcm");
        assertThat(reports).hasSize(2);
        SourceImage report = SourceImage.of(Files.readAllBytes(reports.get(0)), "report");
        assertThat(report.text("SOPClassUID")).isEqualTo(StructuredReport.SOP_CLASS);
        assertThat(report.text("StudyInstanceUID"))
                .isEqualTo(TestImages.chest(1).text("StudyInstanceUID"));
        List<Path> heatmaps = files(dicom, ".Effusion.heatmap.dcm");
        assertThat(heatmaps).hasSize(2);
        assertThat(files(dicom, ".Nodule.heatmap.dcm")).isEmpty(); // below its threshold
        assertThat(SourceImage.of(Files.readAllBytes(heatmaps.get(0)), "heatmap")
                        .text("SOPClassUID"))
                .isEqualTo(HeatmapImage.SOP_CLASS);
        assertThat(ImageDecoder.decode(heatmaps.get(0)).width()).isEqualTo(6);
        List<Path> bundles = files(fhir, ".fhir.json");
        assertThat(bundles).hasSize(2);
        JsonObject bundle = JsonObject.read(bundles.get(0));
        String conclusion = bundle.objects("entry").get(0).object("resource").text("conclusion");
        assertThat(conclusion).startsWith("Present: ").contains("Effusion").doesNotContain("Nodule");

        Path again = folder.resolve("again");
        must("predict", "--model", model(), "--dicom-output", again, folder.resolve("study"));
        assertThat(SourceImage.of(Files.readAllBytes(files(again, ".sr.dcm").get(0)), "again")
                        .text("SOPInstanceUID"))
                .isEqualTo(report.text("SOPInstanceUID"));
        Path other = folder.resolve("other");
        must("predict", "--model", model(), "--plain-scores", "--dicom-output", other, folder.resolve("study"));
        assertThat(SourceImage.of(Files.readAllBytes(files(other, ".sr.dcm").get(0)), "other")
                        .text("SOPInstanceUID"))
                .isNotEqualTo(report.text("SOPInstanceUID"));
        if (DebianTool.path("dciodvfy").isPresent()) {
            for (Path file : List.of(reports.get(0), heatmaps.get(0))) {
                assertThat(DebianTool.run("dciodvfy", file).output().lines().filter(line -> line.startsWith("Error")))
                        .isEmpty();
            }
        }
    }

    /** A chest X-ray with these pixels; as MONOCHROME1, black and white are exchanged in the file. */
    private static byte[] dicom(int number, Picture picture, boolean monochrome1) {
        byte[] pixels = picture.pixels().clone();
        for (int i = 0; i < pixels.length && monochrome1; i++) {
            pixels[i] = (byte) ~pixels[i];
        }
        return TestImages.chest(number)
                .with("PhotometricInterpretation", monochrome1 ? "MONOCHROME1" : "MONOCHROME2")
                .with("Rows", picture.height())
                .with("Columns", picture.width())
                .with("PixelData", pixels)
                .file();
    }

    private static List<JsonObject> logits(Object... pictures) {
        CommandRun run = run(Stream.concat(Stream.of("predict", "--model", model(), "--json"), Arrays.stream(pictures))
                .toArray());
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.out()
                .lines()
                .map(line -> JsonObject.parse(line, "predict").object("logits"))
                .toList();
    }

    @Test
    void xraysTurnedIntoDicomAreTheSamePicturesAndGiveTheSameLogits() throws IOException {
        DebianTool.assumeInstalled("dcmcjpls", "dcmtk");
        DebianTool.assumeInstalled("gdcmconv", "libgdcm-tools");
        Path png = files(folder.resolve("release/images"), ".png").get(0);
        Picture picture = ImageDecoder.decode(png);
        assertThat(picture.channels()).isEqualTo(1);
        Path forms = Files.createDirectory(folder.resolve("forms"));
        Path plain = Files.write(forms.resolve("plain.dcm"), dicom(1, picture, false));
        Path inverted = Files.write(forms.resolve("inverted.dcm"), dicom(2, picture, true));
        Path jpegLs = forms.resolve("jpeg-ls.dcm");
        Path jpeg2000 = forms.resolve("jpeg-2000.dcm");
        assertThat(DebianTool.run("dcmcjpls", plain, jpegLs).exitCode()).isZero();
        assertThat(DebianTool.run("gdcmconv", "--j2k", inverted, jpeg2000).exitCode())
                .isZero();
        List<JsonObject> expected = logits(png);
        for (Path form : List.of(plain, inverted, jpegLs, jpeg2000)) {
            assertThat(ImageDecoder.decode(form).pixels()).as(form.toString()).isEqualTo(picture.pixels());
            assertThat(logits(form)).as(form.toString()).isEqualTo(expected);
        }
    }

    @Test
    void aPictureWithoutAStudyIsScoredAndNamed() throws IOException {
        Path png = files(folder.resolve("release/images"), ".png").get(0);
        CommandRun run = run("predict", "--model", model(), "--dicom-output", folder.resolve("none"), png);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).contains("Effusion");
        assertThat(run.err()).contains(png + ": is not DICOM");
    }

    @Test
    void optionsThatDoNotGoTogetherAreRefusedFirst() {
        CommandRun run = run("predict", "--model", model(), "--dicom-heatmap", folder.resolve("study"));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--dicom-heatmap needs --dicom-output");
    }

    @Test
    void optionsForAPacsMeanNothingWithoutIt() {
        CommandRun run = run("serve", "--model", "m=" + model(), "--dicom-queue", folder.resolve("queue"));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--dicom-queue has no effect without --dicom");
        CommandRun queue = run("serve", "--model", "m=" + model(), "--dicom", "A@0", "--dicom-destination", "B@b:1");
        assertThat(queue.exitCode()).isEqualTo(2);
        assertThat(queue.err()).contains("--dicom needs --dicom-queue");
    }

    /** What a PACS gets from the server is what predict writes: the same instances, in the image's study. */
    @Test
    void aServedModelAnswersAPacsAsPredictDoes() throws Exception {
        Path predicted = folder.resolve("predicted");
        must("predict", "--model", model(), "--dicom-output", predicted, "--dicom-heatmap", folder.resolve("study"));
        Map<String, StoredFile> sent = new ConcurrentHashMap<>();
        Destination archive = files -> {
            files.forEach(file -> sent.put(file.sopInstance(), file));
            return Collections.nCopies(files.size(), Destination.Outcome.STORED);
        };
        DicomOptions.Node asked = new DicomOptions.Node(
                StorageServer.Settings.of("VIT4J", 0),
                "chest",
                archive,
                folder.resolve("served-queue"),
                Set.of("CR"),
                FindingCodes.builtIn(),
                true);
        PictureOptions pictures = CommandLine.populateCommand(new PictureOptions());
        StowDoor stow = new StowDoor();
        ServerSettings settings = new ServerSettings().port(0).model("chest", model());
        stow.addTo(settings);
        NodeMeters meters = new NodeMeters();
        meters.addTo(settings);
        try (ModelServer server = ModelServer.start(settings);
                ServedNode node = new ServedNode(server, asked, pictures)) {
            String web = server.address() + "/dicom-web";
            List<StoredFile> overHttp =
                    List.of(StoredFile.of(TestImages.chest(2).file()));
            assertThat(Destination.parse(web, "PEER", Optional.empty()).send(overHttp))
                    .extracting(outcome -> outcome.kind())
                    .containsExactly(Destination.Outcome.Kind.LATER); // it is not open yet
            stow.open(node.stow());
            meters.open(node.node());
            assertThat(Destination.parse(web, "PEER", Optional.empty()).send(overHttp))
                    .containsExactly(Destination.Outcome.STORED);
            String port = node.description().replaceAll(".*port (\\d+);.*", "$1");
            assertThat(Destination.parse("VIT4J@localhost:" + port, "PEER", Optional.empty())
                            .send(List.of(StoredFile.of(TestImages.chest(1).file()))))
                    .containsOnly(Destination.Outcome.STORED);
            int expected = files(predicted, ".dcm").size();
            for (int i = 0; i < 1000 && sent.size() < expected; i++) {
                Thread.sleep(20);
            }
            OpenApi.checkDoors(server, "chest");
            requestsAreAnsweredAsDescribedAndCounted(new Client(server.address()), expected);
        }
        List<String> instances = new ArrayList<>();
        for (Path file : files(predicted, ".dcm")) {
            instances.add(StoredFile.of(Files.readAllBytes(file)).sopInstance());
        }
        assertThat(sent.keySet()).containsExactlyInAnyOrderElementsOf(instances);
        assertThat(sent.values())
                .allSatisfy(file -> assertThat(
                                SourceImage.of(file.file(), "a result").text("StudyInstanceUID"))
                        .isEqualTo(TestImages.chest(1).text("StudyInstanceUID")));
    }

    private static final String STOW = "multipart/related; type=\"application/dicom\"; boundary=B";

    private static byte[] related(byte[]... files) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] file : files) {
            body.writeBytes("\r\n--B\r\nContent-Type: application/dicom\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            body.writeBytes(file);
        }
        body.writeBytes("\r\n--B--\r\n".getBytes(StandardCharsets.US_ASCII));
        return body.toByteArray();
    }

    /** After two images were taken, with so many results in all. */
    private static void requestsAreAnsweredAsDescribedAndCounted(Client client, int results) throws Exception {
        byte[] ct = TestImages.chest(3)
                .with("Modality", "CT")
                .with("PatientID", "SECRET")
                .file();
        byte[] report = TestImages.chest(4)
                .with("SOPClassUID", StructuredReport.SOP_CLASS)
                .file();
        String[] type = {"Content-Type", STOW};
        assertThat(client.post("/dicom-web/studies", related(ct), type).status())
                .isEqualTo(200); // of another modality
        assertThat(client.post("/dicom-web/studies", related(ct, report), type).status())
                .isEqualTo(202);
        assertThat(client.post("/dicom-web/studies", related(new byte[] {1, 2, 3}), type)
                        .status())
                .isEqualTo(409);
        assertThat(client.post("/dicom-web/studies/1.2.3", related(ct), type).status())
                .isEqualTo(409);
        assertThat(client.post("/dicom-web/studies", new byte[10], type).error())
                .contains("parts");
        assertThat(client.post("/dicom-web/studies", related(ct)).error()).contains("multipart/related");
        assertThat(client.get("/dicom-web/studies").status()).isEqualTo(405);
        String metrics = "";
        for (int i = 0; i < 1000 && !metrics.contains("outcome=\"sent\"} " + results + ".0"); i++) {
            metrics = client.get("/metrics").text();
            Thread.sleep(20);
        }
        List<String> counts = metrics.lines()
                .filter(line -> line.startsWith("vit4j_dicom"))
                .sorted()
                .toList();
        assertThat(counts)
                .containsExactly(
                        "vit4j_dicom_images_total{outcome=\"classified\"} 2.0",
                        "vit4j_dicom_images_total{outcome=\"refused\"} 0.0",
                        "vit4j_dicom_instances_total{outcome=\"cannot_understand\"} 1.0",
                        "vit4j_dicom_instances_total{outcome=\"does_not_match\"} 1.0",
                        "vit4j_dicom_instances_total{outcome=\"kept\"} 2.0",
                        "vit4j_dicom_instances_total{outcome=\"not_kept\"} 0.0",
                        "vit4j_dicom_instances_total{outcome=\"other_modality\"} 2.0",
                        "vit4j_dicom_instances_total{outcome=\"too_large\"} 0.0",
                        "vit4j_dicom_instances_total{outcome=\"wrong_class\"} 1.0",
                        "vit4j_dicom_queue_files{folder=\"awaited\"} 0.0",
                        "vit4j_dicom_queue_files{folder=\"failed\"} 0.0",
                        "vit4j_dicom_queue_files{folder=\"incoming\"} 0.0",
                        "vit4j_dicom_queue_files{folder=\"outgoing\"} 0.0",
                        "vit4j_dicom_queue_files{folder=\"refused\"} 0.0",
                        "vit4j_dicom_results_total{outcome=\"put_off\"} 0.0",
                        "vit4j_dicom_results_total{outcome=\"refused\"} 0.0",
                        "vit4j_dicom_results_total{outcome=\"sent\"} " + results + ".0");
        assertThat(metrics).doesNotContain("SECRET", "PEER", "1.2.");
    }

    @ParameterizedTest
    @CsvSource({
        "must be AET@PORT, --dicom VIT4J",
        "title has 1 to 16, --dicom TITLE-OF-17-CHARS@0",
        "'must be codes such as CR,DX', --dicom-modality C\\R",
        "title has 1 to 16, --dicom-callers A\\B",
        "--dicom-tls-keys needs --dicom-tls-trusted, --dicom-tls-keys keys.p12",
        "--dicom-tls-trusted has no effect, --dicom-tls-trusted keys.p12",
        "--dicom-tls-password-file has no effect, --dicom-tls-password-file password",
        "cannot go over TLS to an http:// address, --dicom-tls-destination --dicom-destination http://pacs/dicom-web",
        "--dicom-model n: must be one of m, --dicom-model n",
        "a DICOM peer is given as AET@HOST:PORT, --dicom-destination user:secret@pacs:1",
        "is not the address of a DICOMweb service, --dicom-destination https://user:se/cret@pacs"
    })
    void optionsOfTheNodeThatMeanNothingAreRefused(String message, String options) {
        List<Object> line = new ArrayList<>(List.of("serve", "--model", "m=" + model(), "--port", 0));
        if (!options.contains("--dicom ")) {
            line.addAll(List.of("--dicom", "VIT4J@0"));
        }
        if (!options.contains("--dicom-destination ")) {
            line.addAll(List.of("--dicom-destination", "A@b:1"));
        }
        if (!options.contains("--dicom-queue ")) {
            line.addAll(List.of("--dicom-queue", "queue"));
        }
        line.addAll(List.of(options.split(" ")));
        CommandRun node = run(line.toArray());
        assertThat(node.exitCode()).isEqualTo(2);
        assertThat(node.err()).contains(message).doesNotContain("secret", "cret@");
    }
}
