package io.vit4j.cli;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.Privacy;
import io.vit4j.base.Progress;
import io.vit4j.dicom.network.DicomWebSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j dicom-fetch}: images of a PACS, in a folder. */
@Command(
        name = "dicom-fetch",
        description = "Retrieves images from a DICOMweb service (QIDO-RS, WADO-RS).",
        footer = {
            "",
            "Images that are already in the folder are not retrieved again.",
            "",
            "Examples:",
            "  vit4j dicom-fetch 'https://pacs/dicom-web?StudyDate=20240101-20240131&Modality=CR,DX' --output january",
            "  vit4j dicom-fetch 'https://pacs/dicom-web?StudyDate=20240131' --output today --dicom-tls-trusted hospital-ca.pem"
        },
        sortOptions = false)
final class DicomFetchCommand implements Runnable {
    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "URL?ATTRIBUTE=VALUE&...", description = "Address of the service, and what to look for.")
    private String source;

    @Option(names = "--output", required = true, paramLabel = "DIR", description = "Folder for the images.")
    private Path output;

    @Mixin
    private FetchTlsOptions tls;

    @Override
    public void run() {
        DicomWebSource service = DicomWebSource.parse(source, tls.client());
        List<DicomWebSource.Instance> images = service.search();
        try {
            Privacy.createFolders(output);
        } catch (IOException e) {
            throw InputException.in(output, "cannot be made (" + IoReason.of(e) + "); choose another folder", e);
        }
        int retrieved = 0;
        try (Progress bar = vit4j.progress().start("Retrieving", images.size())) {
            for (DicomWebSource.Instance image : images) {
                Path file = output.resolve(image.instance() + ".dcm");
                if (!Files.exists(file)) {
                    DurableFiles.SYSTEM.ofPatients().write(file, service.retrieve(image));
                    retrieved++;
                }
                bar.advance(1);
            }
        }
        spec.commandLine()
                .getOut()
                .println(images.size() + " images found, " + retrieved + " retrieved into " + output);
    }
}
