package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.dicom.network.AeTitle;
import io.vit4j.dicom.network.Destination;
import io.vit4j.dicom.network.DicomNode;
import io.vit4j.dicom.network.StorageServer;
import io.vit4j.dicom.result.FindingCodes;
import io.vit4j.image.DecodeOptions;
import io.vit4j.infer.ImageClassifier;
import io.vit4j.torch.TorchRuntime;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code vit4j dicom-node}: a tuned model that a PACS sends its images to. */
@Command(
        name = "dicom-node",
        description = "Receives images from a PACS, classifies them, and sends structured reports on.",
        footer = {
            "",
            "An image is acknowledged once it is safe in the queue. Reports are sent until the destination has them, also if"
                    + " the program is killed and started again. Each image gets one report. Interrupt to stop.",
            "",
            "Examples:",
            "  vit4j dicom-node --model tuned --dicom VIT4J@11112 --dicom-destination ORTHANC@localhost:4242 --queue"
                    + " queue",
            "  vit4j dicom-node --model tuned --dicom VIT4J@11112 --dicom-destination https://pacs/dicom-web --queue"
                    + " queue"
        },
        sortOptions = false)
final class DicomNodeCommand implements Runnable {
    private static final Pattern TITLE_AND_PORT = Pattern.compile("([^@]{1,20})@(?:([^@]+):)?(\\d{1,5})");

    private static final Pattern MODALITY = Pattern.compile("[A-Z0-9_]{1,16}");

    @Spec
    private CommandSpec spec;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Folder of the tuned model.")
    private Path model;

    @Option(
            names = "--dicom",
            required = true,
            paramLabel = "AET@[HOST:]PORT",
            description = "Application entity title of this node, and the port to listen on; with HOST, on this address"
                    + " alone.")
    private String dicom;

    @Option(
            names = "--dicom-destination",
            required = true,
            paramLabel = "AET@HOST:PORT|URL",
            description =
                    "Where to send reports: a peer for C-STORE, or the address of a DICOMweb service for STOW-RS.")
    private String destination;

    @Option(
            names = "--queue",
            required = true,
            paramLabel = "DIR",
            description = "Folder for images and reports until they have been sent.")
    private Path queue;

    @Option(
            names = "--dicom-callers",
            split = ",",
            paramLabel = "AET",
            description = "Titles of the peers that may call. Default: all.")
    private Set<String> callers = Set.of();

    @Option(
            names = "--modality",
            split = ",",
            paramLabel = "CODE",
            defaultValue = "CR,DX",
            description = "Modalities to classify. Images of others are accepted, counted and dropped. Default:"
                    + " ${DEFAULT-VALUE}.")
    private Set<String> modalities;

    @Option(
            names = "--max-associations",
            paramLabel = "N",
            defaultValue = "32",
            description = "Associations that may be open at a time. Default: ${DEFAULT-VALUE}.")
    private int associations;

    @Option(
            names = "--dicom-heatmap",
            description =
                    "Also send a heat map of where the model looked for each label that is present, as a secondary"
                            + " capture.")
    private boolean heatmaps;

    @Option(
            names = "--finding-codes",
            paramLabel = "JSON",
            description = "Codes of labels in SNOMED CT, RadLex or other schemes, in addition to vit4j's own.")
    private Optional<Path> codes;

    @Mixin
    private PictureOptions pictures;

    @Mixin
    private TlsOptions tls;

    @Mixin
    private ComputeOptions compute;

    @Override
    public void run() {
        StorageServer.Settings settings = settings();
        Destination results = Destination.parse(destination, settings.title(), tls.client());
        DecodeOptions decode = pictures.decode();
        FindingCodes known = codes.map(FindingCodes::with).orElseGet(FindingCodes::builtIn);
        ImageResults.requireProbabilities(model);
        ImageClassifier.Options options = ImageClassifier.Options.defaults()
                .withDevice(compute.device())
                .withDtype(compute.dtype())
                .withThreads(compute.threads().orElseGet(TorchRuntime::threads))
                .withDecode(decode);
        try (ImageClassifier classifier = ImageClassifier.load(model, options);
                HeatmapDrawing drawing = heatmaps ? new HeatmapDrawing(model) : null) {
            ImageResults form = new ImageResults(
                    ModelIdentity.algorithm(List.of(model), pictures.parameters()),
                    known,
                    classifier.labels(),
                    decode.frame());
            NodeClassifier node = new NodeClassifier(classifier, form, decode, Optional.ofNullable(drawing));
            serve(settings, node, results);
        }
    }

    private StorageServer.Settings settings() {
        Matcher parts = TITLE_AND_PORT.matcher(dicom);
        if (!parts.matches() || Integer.parseInt(parts.group(3)) > 65535) {
            throw new InputException("--dicom " + dicom + ": must be AET@PORT or AET@HOST:PORT, such as VIT4J@11112");
        }
        modalities = modalities.stream()
                .map(code -> code.strip().toUpperCase(Locale.ROOT))
                .collect(Collectors.toSet());
        for (String code : modalities) {
            if (!MODALITY.matcher(code).matches()) {
                throw new InputException("--modality " + code + ": must be codes such as CR,DX");
            }
        }
        if (associations < 1) {
            throw new InputException("--max-associations must be 1 or more");
        }
        StorageServer.Settings usual =
                StorageServer.Settings.of(AeTitle.of(parts.group(1)), Integer.parseInt(parts.group(3)));
        StorageServer.Settings settings = usual.withCallers(
                        callers.stream().map(AeTitle::of).collect(Collectors.toSet()))
                .withMostAssociations(associations)
                .withTls(tls.server());
        return parts.group(2) == null ? settings : settings.withAddress(address(parts.group(2)));
    }

    private static InetAddress address(String host) {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new InputException(
                    "--dicom: the host " + host + " is unknown; give a name or address of this machine", e);
        }
    }

    private void serve(StorageServer.Settings settings, NodeClassifier classifier, Destination results) {
        CountDownLatch asked = new CountDownLatch(1);
        int workers = 2 * Runtime.getRuntime().availableProcessors();
        PrintWriter out = spec.commandLine().getOut();
        try (Interrupts interrupts = new Interrupts(signal -> asked.countDown(), Interrupts::halt);
                DicomNode node = DicomNode.start(queue, modalities, workers, classifier, results);
                StorageServer server = StorageServer.start(settings, node)) {
            out.println(settings.title() + " listens on port " + server.port() + "; reports go to " + results);
            out.flush();
            asked.await();
            server.close();
            print(out, node.counts());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void print(PrintWriter out, DicomNode.Counts counts) {
        out.printf(
                Locale.ROOT,
                "received %d images, and dropped %d of other modalities; classified %d, refused %d; sent %d results, %d"
                        + " were refused%n",
                counts.received(),
                counts.others(),
                counts.classified(),
                counts.refused(),
                counts.sent(),
                counts.failed());
        out.flush();
    }
}
