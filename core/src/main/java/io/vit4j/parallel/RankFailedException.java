package io.vit4j.parallel;

/**
 * Another rank of the job died, left or failed, so this one cannot continue. The message is one line that names the rank.
 * This rank's user cannot fix it, and a stack trace would not help.
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
