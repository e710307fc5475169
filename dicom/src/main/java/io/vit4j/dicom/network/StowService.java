package io.vit4j.dicom.network;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.Json;
import io.vit4j.dicom.Capabilities;
import io.vit4j.dicom.SourceImage;
import java.util.List;
import java.util.Optional;

/** The server's side of STOW-RS (PS3.18, 10.5): takes images that come by HTTP. For any number of threads at once. */
public final class StowService {
    private static final int MOST_PARTS = 1000;
    private static final int ALL_STORED = 200;
    private static final int SOME_STORED = 202;
    private static final int BAD_REQUEST = 400;
    private static final int NONE_STORED = 409;
    private static final int WRONG_TYPE = 415;

    private final InstanceReceiver receiver;

    /**
     * An answer.
     *
     * @param status of HTTP
     * @param type of the content
     * @param json what is stored and what is not; if the request could not be read, why
     */
    public record Answer(int status, String type, String json) {
        /** One that says what is wrong with a request as a whole. */
        public static Answer error(int status, String message) {
            return new Answer(
                    status, "application/json", Json.line(Json.object().put("error", message)));
        }
    }

    /** @param receiver where images go */
    public StowService(InstanceReceiver receiver) {
        this.receiver = receiver;
    }

    /**
     * Takes the instances of a request; when this returns, the sender may forget those that the answer lists as stored.
     *
     * @param study to which all of them belong; empty for any
     * @param contentType of the request
     * @param body of the request, in parts of the type {@code application/dicom}
     */
    public Answer store(Optional<String> study, String contentType, byte[] body) {
        if (!Multipart.isMultipart(contentType)
                || !contentType.contains("application/dicom")
                || contentType.contains("application/dicom+")) {
            return Answer.error(
                    WRONG_TYPE, "this address takes multipart/related; type=\"application/dicom\"; boundary=...");
        }
        Optional<List<byte[]>> files = Multipart.parts(contentType, body, MOST_PARTS);
        if (files.isEmpty()) {
            return Answer.error(
                    BAD_REQUEST,
                    "the body is not 1 to " + MOST_PARTS + " parts between the boundaries that its type names");
        }
        ObjectNode answer = Json.object();
        int stored = 0;
        for (byte[] file : files.get()) {
            Optional<SourceImage> header = Intake.header(file);
            int status = Intake.status(
                    receiver,
                    header.map(image -> store(study, image, file)).orElse(Optional.of(Refusal.CANNOT_UNDERSTAND)));
            boolean isStored = status == Dimse.SUCCESS;
            stored += isStored ? 1 : 0;
            ObjectNode item =
                    sequence(answer, isStored ? "00081199" : "00081198").addObject();
            header.ifPresent(image -> {
                item.set("00081150", value("UI", image.text("SOPClassUID")));
                item.set("00081155", value("UI", image.text("SOPInstanceUID")));
            });
            if (!isStored) {
                ObjectNode reason = Json.object().put("vr", "US");
                reason.putArray("Value").add(status);
                item.set("00081197", reason);
            }
        }
        int all = files.get().size();
        return new Answer(
                stored == all ? ALL_STORED : stored > 0 ? SOME_STORED : NONE_STORED,
                "application/dicom+json",
                Json.line(answer));
    }

    /** Empty if it was taken. */
    private Optional<Refusal> store(Optional<String> study, SourceImage image, byte[] file) {
        if (!Capabilities.isImageStorage(image.text("SOPClassUID"))) {
            return Optional.of(Refusal.WRONG_CLASS);
        }
        if (study.isPresent() && !study.get().equals(image.text("StudyInstanceUID"))) {
            return Optional.of(Refusal.DOES_NOT_MATCH);
        }
        return Intake.receive(receiver, image, file);
    }

    private static ArrayNode sequence(ObjectNode answer, String tag) {
        return answer.has(tag)
                ? (ArrayNode) answer.path(tag).path("Value")
                : answer.putObject(tag).put("vr", "SQ").putArray("Value");
    }

    private static ObjectNode value(String vr, String value) {
        ObjectNode attribute = Json.object().put("vr", vr);
        attribute.putArray("Value").add(value);
        return attribute;
    }
}
