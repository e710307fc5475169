package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.CommandSet;
import io.vit4j.dicom.CommitmentReport;
import io.vit4j.image.DamagedImage;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports of storage commitment (N-EVENT-REPORT; PS3.4, J.3.3), on an association that the peer or we have opened. */
final class CommitmentEvents {
    private static final Logger LOG = LoggerFactory.getLogger(CommitmentEvents.class);

    private CommitmentEvents() {}

    /** Passes a report on; returns the status of the answer. */
    static int take(byte[] dataSet, String transferSyntax, Consumer<CommitmentReport> receiver) {
        try {
            receiver.accept(CommitmentReport.parse(dataSet, transferSyntax));
            return Dimse.SUCCESS;
        } catch (DamagedImage e) {
            LOG.warn("a report of storage commitment could not be read: {}", e.getMessage());
        } catch (InputException e) {
            LOG.error("a report of storage commitment could not be noted: {}", e.getMessage());
        }
        return Dimse.PROCESSING_FAILURE;
    }

    /** The answer to a report. */
    static Attributes answer(CommandSet report, int status) {
        return new Attributes()
                .with("AffectedSOPClassUID", report.text("AffectedSOPClassUID"))
                .with("CommandField", Dimse.N_EVENT_REPORT_RQ | Dimse.RESPONSE)
                .with("MessageIDBeingRespondedTo", report.integer("MessageID"))
                .with("CommandDataSetType", MessageReader.NO_DATA_SET)
                .with("Status", status)
                .with("AffectedSOPInstanceUID", report.text("AffectedSOPInstanceUID"))
                .with("EventTypeID", report.integer("EventTypeID"));
    }
}
