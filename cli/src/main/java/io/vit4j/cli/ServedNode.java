package io.vit4j.cli;

import io.vit4j.dicom.network.DicomNode;
import io.vit4j.dicom.network.StorageServer;
import io.vit4j.dicom.network.StowService;
import io.vit4j.options.PictureOptions;
import io.vit4j.serve.ModelServer;
import java.util.Locale;

/** A DICOM node beside a server, with one of its models. */
final class ServedNode implements AutoCloseable {
    /** Most of them wait, for the model or for the disk: so many fill a round of the model, and prepare the next meanwhile. */
    private static final int WORKERS = 8 * Runtime.getRuntime().availableProcessors();

    private final NodeClassifier classifier;
    private final DicomNode node;
    private final StorageServer server;
    private final String description;

    /** Continues with what is in the queue, and listens; InputException if the model, the queue or the port cannot be used. */
    ServedNode(ModelServer models, DicomOptions.Node asked, PictureOptions pictures) {
        classifier = new NodeClassifier(
                models, asked.model(), asked.codes(), pictures.decode(), pictures.parameters(), asked.heatmaps());
        try {
            node = DicomNode.start(asked.queue(), asked.modalities(), WORKERS, classifier, asked.destination());
            try {
                server = StorageServer.start(asked.settings(), node);
            } catch (RuntimeException | Error e) {
                node.close();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            classifier.close();
            throw e;
        }
        description = asked.settings().title() + " listens on port " + server.port() + "; reports go to "
                + asked.destination();
    }

    /** {@return what answers STOW-RS requests} */
    StowService stow() {
        return new StowService(node);
    }

    /** {@return what receives and sends} */
    DicomNode node() {
        return node;
    }

    /** {@return where it listens, and where reports go, in words} */
    String description() {
        return description;
    }

    /** {@return what was done since the start, in words} */
    String summary() {
        DicomNode.Counts counts = node.counts();
        return String.format(
                Locale.ROOT,
                "DICOM: received %d images, and dropped %d of other modalities; classified %d, refused %d; sent %d results,"
                        + " %d were refused",
                counts.received(),
                counts.others(),
                counts.classified(),
                counts.refused(),
                counts.sent(),
                counts.failed());
    }

    /** Stops; what is not done yet waits on disk for the next start. */
    @Override
    public void close() {
        server.close();
        node.close();
        classifier.close();
    }
}
