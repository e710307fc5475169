package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.dicom.network.AeTitle;
import io.vit4j.dicom.network.Destination;
import io.vit4j.dicom.network.StorageServer;
import io.vit4j.dicom.result.FindingCodes;
import io.vit4j.options.HelpSection;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Images from a PACS: how they come, and where their reports go. */
final class DicomOptions implements HelpSection {
    private static final Pattern TITLE_AND_PORT = Pattern.compile("([^@]{1,20})@(?:([^@]+):)?(\\d{1,5})");
    private static final Pattern MODALITY = Pattern.compile("[A-Z0-9_]{1,16}");

    @Override
    public String heading() {
        return "Images from a PACS";
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--dicom",
            paramLabel = "AET@[HOST:]PORT",
            description = "Also receive images from a PACS, classify them, and send structured reports on. Application"
                    + " entity title of this node, and the port to listen on; with HOST, on this address alone.")
    private Optional<String> dicom;

    @Option(names = "--dicom-model", paramLabel = "NAME", description = "Which of several models classifies them.")
    private Optional<String> model;

    @Option(
            names = "--dicom-destination",
            paramLabel = "AET@HOST:PORT|URL",
            description =
                    "Where to send reports: a peer for C-STORE, or the address of a DICOMweb service for STOW-RS.")
    private Optional<String> destination;

    @Option(
            names = "--dicom-queue",
            paramLabel = "DIR",
            description =
                    "Folder for images and reports until they have been sent, also after the program was killed and"
                            + " started again.")
    private Optional<Path> queue;

    @Option(
            names = "--dicom-callers",
            split = ",",
            paramLabel = "AET",
            description = "Titles of the peers that may call. Default: all.")
    private Set<String> callers = Set.of();

    @Option(
            names = "--dicom-modality",
            split = ",",
            paramLabel = "CODE",
            defaultValue = "CR,DX",
            description = "Modalities to classify. Images of others are accepted, counted and dropped. Default:"
                    + " ${DEFAULT-VALUE}.")
    private Set<String> modalities;

    @Option(
            names = "--dicom-max-associations",
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
    private DicomTlsOptions tls;

    /**
     * What the options ask for, checked.
     *
     * @param model name of the model
     */
    record Node(
            StorageServer.Settings settings,
            String model,
            Destination destination,
            Path queue,
            Set<String> modalities,
            FindingCodes codes,
            boolean heatmaps) {}

    /**
     * Reads the options; empty if no images come from a PACS. InputException if they are wrong, or mean nothing.
     *
     * @param models names of those that are served
     */
    Optional<Node> node(Collection<String> models) {
        if (dicom.isEmpty()) {
            spec.commandLine().getParseResult().matchedOptions().stream()
                    .map(option -> option.longestName())
                    .filter(name -> name.startsWith("--dicom-") || name.equals("--finding-codes"))
                    .findFirst()
                    .ifPresent(name -> {
                        throw new InputException(name + " has no effect without --dicom; give both");
                    });
            return Optional.empty();
        }
        StorageServer.Settings settings = settings();
        String destinationText = destination.orElseThrow(
                () -> new InputException("--dicom needs --dicom-destination, where reports are sent"));
        Path folder = queue.orElseThrow(() -> new InputException(
                "--dicom needs --dicom-queue, a folder for images and reports until they have been sent"));
        return Optional.of(new Node(
                settings,
                chosen(models),
                Destination.parse(destinationText, settings.title(), tls.client()),
                folder,
                wanted(),
                codes.map(FindingCodes::with).orElseGet(FindingCodes::builtIn),
                heatmaps));
    }

    private String chosen(Collection<String> models) {
        String names = String.join(", ", models);
        if (model.isPresent() && !models.contains(model.get())) {
            throw new InputException("--dicom-model " + model.get() + ": must be one of " + names);
        }
        if (model.isEmpty() && models.size() > 1) {
            throw new InputException("--dicom needs --dicom-model, one of " + names);
        }
        return model.orElseGet(() -> models.iterator().next());
    }

    private Set<String> wanted() {
        Set<String> wanted = modalities.stream()
                .map(code -> code.strip().toUpperCase(Locale.ROOT))
                .collect(Collectors.toSet());
        for (String code : wanted) {
            if (!MODALITY.matcher(code).matches()) {
                throw new InputException("--dicom-modality " + code + ": must be codes such as CR,DX");
            }
        }
        return wanted;
    }

    private StorageServer.Settings settings() {
        String text = dicom.orElseThrow();
        Matcher parts = TITLE_AND_PORT.matcher(text);
        if (!parts.matches() || Integer.parseInt(parts.group(3)) > 65535) {
            throw new InputException("--dicom " + text + ": must be AET@PORT or AET@HOST:PORT, such as VIT4J@11112");
        }
        if (associations < 1) {
            throw new InputException("--dicom-max-associations must be 1 or more");
        }
        StorageServer.Settings settings = StorageServer.Settings.of(
                        AeTitle.of(parts.group(1)), Integer.parseInt(parts.group(3)))
                .withCallers(callers.stream().map(AeTitle::of).collect(Collectors.toSet()))
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
}
