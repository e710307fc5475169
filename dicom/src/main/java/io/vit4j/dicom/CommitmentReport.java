package io.vit4j.dicom;

import io.vit4j.image.DamagedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a peer says of instances that it was asked to commit to (PS3.4, J.3.3).
 *
 * @param kept UIDs of those that it keeps
 * @param failed UIDs of those that it does not keep, with the reason
 */
public record CommitmentReport(List<String> kept, Map<String, Integer> failed) {
    private static final int PROCESSING_FAILURE = 0x0110;

    /** Copies both. */
    public CommitmentReport {
        kept = List.copyOf(kept);
        failed = Map.copyOf(failed);
    }

    /** Reads the report's data set; {@link DamagedImage} if it is damaged. */
    public static CommitmentReport parse(byte[] dataSet, String transferSyntax) {
        try {
            DataSet report = DicomParser.dataSet(dataSet, 0, TransferSyntax.of(transferSyntax));
            List<String> kept = new ArrayList<>();
            report.items(tag("ReferencedSOPSequence")).forEach(item -> kept.add(instance(item)));
            Map<String, Integer> failed = new LinkedHashMap<>();
            report.items(tag("FailedSOPSequence"))
                    .forEach(
                            item -> failed.put(instance(item), item.integer(tag("FailureReason"), PROCESSING_FAILURE)));
            return new CommitmentReport(kept, failed);
        } catch (IndexOutOfBoundsException e) {
            throw new DamagedImage("it ends within an attribute", e);
        }
    }

    private static String instance(DataSet item) {
        return item.word(tag("ReferencedSOPInstanceUID"));
    }

    private static int tag(String keyword) {
        return DataDictionary.of(keyword).tag();
    }
}
