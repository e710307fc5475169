package io.vit4j.dicom.network;

import java.io.IOException;

/** A peer that does not keep to the protocol, or refuses. The message goes on from the peer's name. */
final class ProtocolException extends IOException {
    private static final long serialVersionUID = 1;

    ProtocolException(String message) {
        super(message);
    }

    ProtocolException(String message, Throwable cause) {
        super(message, cause);
    }
}
