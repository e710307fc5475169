package io.vit4j.cli;

import io.vit4j.dicom.network.StowService;
import io.vit4j.serve.PostDoor;
import io.vit4j.serve.ServerSettings;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
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
        if (stow == null) {
            return new Answer(NOT_READY, "application/dicom+json", new byte[0]);
        }
        Optional<String> study = request.parts().stream().findFirst();
        StowService.Answer answer = stow.store(study, request.contentType().orElse(""), request.body());
        return new Answer(
                answer.status(), "application/dicom+json", answer.json().getBytes(StandardCharsets.UTF_8));
    }
}
