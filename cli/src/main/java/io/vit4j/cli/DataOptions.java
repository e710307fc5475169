package io.vit4j.cli;

import io.vit4j.PrepareRequest;
import io.vit4j.Vit4j;
import io.vit4j.base.Progress;
import io.vit4j.hub.DatasetSource;
import io.vit4j.hub.HubSettings;
import io.vit4j.options.HelpSection;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where the images are. */
final class DataOptions implements HelpSection {
    @Override
    public String heading() {
        return "Pictures and labels";
    }

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description =
                    "Folder with the images, with zip or tar.gz archives of them or with Parquet files, or a single such"
                            + " file. It is only read; nothing is unpacked. Or a data set on the Hugging Face hub:"
                            + " hf:OWNER/NAME[@REVISION][/CONFIGURATION].")
    private String data;

    @Option(
            names = "--follow-links",
            arity = "0..1",
            paramLabel = "true|false",
            fallbackValue = "true",
            defaultValue = "false",
            description =
                    "Also take pictures, archives and metadata that are links to files outside DIR. Otherwise such"
                            + " links are an error.")
    private boolean followLinks;

    @Option(
            names = "--configuration",
            paramLabel = "NAME",
            description = "Configuration of a Hugging Face data set with several, as its README.md names it.")
    private Optional<String> configuration;

    /** A request to prepare these pictures. */
    PrepareRequest request() {
        return Vit4j.prepare(data)
                .followLinks(followLinks)
                .folder(options -> configuration.ifPresent(options::configuration));
    }

    /** The folder of the images; a data set on the hub is in the cache then. */
    Path folder() {
        return DatasetSource.resolve(data, HubSettings.fromEnvironment(), Progress.NONE)
                .path();
    }
}
