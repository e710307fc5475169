package io.vit4j.serve;

import io.vit4j.base.InputException;

/** Why a request is not answered as it asks: its status, the kind that metrics count, and a message for the caller. */
final class HttpFault extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Kind kind;

    /** What can go wrong with a request. */
    enum Kind {
        BAD_REQUEST(400),
        BAD_PICTURE(400),
        UNAUTHORIZED(401),
        FORBIDDEN(403),
        NOT_FOUND(404),
        METHOD_NOT_ALLOWED(405),
        SLOW_CLIENT(408),
        CONFLICT(409),
        TOO_LARGE(413),
        UNSUPPORTED_TYPE(415),
        MISDIRECTED(421),
        QUEUE_FULL(429),
        INTERNAL(500),
        NOT_READY(503),
        DEADLINE(504);

        private final int status;

        Kind(int status) {
            this.status = status;
        }

        int status() {
            return status;
        }
    }

    /** @param message one line: what is wrong, and how to mend it */
    HttpFault(Kind kind, String message) {
        super(new InputException(message).getMessage(), null, false, false); // one line, nothing that moves a cursor
        this.kind = kind;
    }

    static HttpFault badRequest(String message) {
        return new HttpFault(Kind.BAD_REQUEST, message);
    }

    /** @param most that are taken */
    static HttpFault tooManyPictures(int most) {
        return new HttpFault(Kind.TOO_LARGE, "a request may have at most " + most + " pictures; send fewer at a time");
    }

    Kind kind() {
        return kind;
    }
}
