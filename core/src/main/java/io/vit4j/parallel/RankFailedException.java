package io.vit4j.parallel;

/**
 * Another rank of the job died, left or failed, so this one cannot go on. The message is one line that names the rank;
 * nothing that this rank's user could mend, and no stack trace tells more.
 */
public final class RankFailedException extends RuntimeException {
    /** @param message one line that names the rank */
    public RankFailedException(String message) {
        super(message);
    }

    /** @param message one line that names the rank */
    public RankFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
