package io.vit4j.cli;

import io.vit4j.dicom.network.StowService;
import io.vit4j.serve.PostDoor;
import io.vit4j.serve.ServerSettings;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;

/** STOW-RS at the server's HTTP port, for the images of a node that begins after the server. */
final class StowDoor implements PostDoor {
    private static final String STUDIES = "/dicom-web/studies";
    private static final int NOT_READY = 503;

    private final AtomicReference<StowService> service = new AtomicReference<>();

    /** Adds it to a server. */
    void addTo(ServerSettings settings) {
        settings.door(STUDIES, this).door(STUDIES + "/{study}", this);
    }

    /** From now on, images go there. */
    void open(StowService node) {
        service.set(node);
    }

    @Override
    public Answer answer(Request request) {
        StowService stow = service.get();
        StowService.Answer answer = stow == null
                ? StowService.Answer.error(NOT_READY, "the node has not begun yet; try again")
                : stow.store(
                        request.parts().stream().findFirst(),
                        request.contentType().orElse(""),
                        request.body());
        return new Answer(answer.status(), answer.type(), answer.json().getBytes(StandardCharsets.UTF_8));
    }
}
