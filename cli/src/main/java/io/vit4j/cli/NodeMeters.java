package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.dicom.network.DicomNode;
import io.vit4j.serve.Meter;
import io.vit4j.serve.ServerSettings;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

/** What a node has done, at the server's {@code /metrics}. The node begins after the server; before that there are no numbers. */
final class NodeMeters {
    private final AtomicReference<DicomNode> node = new AtomicReference<>();

    /** Adds them to a server. */
    void addTo(ServerSettings settings) {
        settings.meter(new Meter(
                        "vit4j_dicom_instances_total",
                        "Instances that peers sent: kept, of another modality, or why they were not taken",
                        true,
                        "outcome",
                        values(each -> instances(each.counts()))))
                .meter(new Meter(
                        "vit4j_dicom_images_total",
                        "Images whose results were made, or that could not be read or classified",
                        true,
                        "outcome",
                        values(each -> images(each.counts()))))
                .meter(new Meter(
                        "vit4j_dicom_results_total",
                        "Results that the destination has or refused for good, and how often one was put off to be sent again",
                        true,
                        "outcome",
                        values(each -> results(each.counts()))))
                .meter(new Meter(
                        "vit4j_dicom_queue_files",
                        "Files in the folders of the queue",
                        false,
                        "folder",
                        values(DicomNode::queued)));
    }

    private static Map<String, Long> instances(DicomNode.Counts counts) {
        Map<String, Long> values = new LinkedHashMap<>();
        values.put("kept", counts.received());
        values.put("other_modality", counts.others());
        counts.refusals().forEach((reason, count) -> values.put(reason.name().toLowerCase(Locale.ROOT), count));
        return values;
    }

    private static Map<String, Long> images(DicomNode.Counts counts) {
        return Map.of("classified", counts.classified(), "refused", counts.refused());
    }

    private static Map<String, Long> results(DicomNode.Counts counts) {
        return Map.of("sent", counts.sent(), "put_off", counts.retried(), "refused", counts.failed());
    }

    private Supplier<Map<String, Long>> values(Function<DicomNode, Map<String, Long>> of) {
        return () -> {
            DicomNode begun = node.get();
            try {
                return begun == null ? Map.of() : of.apply(begun);
            } catch (InputException e) { // a folder that cannot be listed must not hide the other numbers
                return Map.of();
            }
        };
    }

    /** From now on, the numbers are those of this node. */
    void open(DicomNode begun) {
        node.set(begun);
    }
}
