package io.vit4j.torch;

import io.vit4j.base.InputException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A failed allocation of native memory. libtorch reports it as it does any error; this class turns it into one line for the user. */
public final class FailedAllocation {
    private static final List<String> SIGNS = List.of(
            "can't allocate memory", // libtorch's allocator, where the system says no
            "not enough memory", // the same on other systems
            "out of memory", // CUDA, and oneDNN
            "bad_alloc",
            "posix_memalign");

    private static final Pattern TRIED =
            Pattern.compile("tried to allocate ([0-9.]+ ?[A-Za-z]+)", Pattern.CASE_INSENSITIVE);

    private FailedAllocation() {}

    /** Whether this exception, or one that caused it, says that native memory ran out. */
    public static boolean ranOut(Throwable failure) {
        return sign(failure).isPresent();
    }

    private static Optional<String> sign(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = cause.getMessage();
            if (message != null
                    && !(cause instanceof InputException)
                    && SIGNS.stream()
                            .anyMatch(sign ->
                                    message.toLowerCase(java.util.Locale.ROOT).contains(sign))) {
                return Optional.of(message);
            }
        }
        return Optional.empty();
    }

    /** {@code "out of memory (1234567 bytes were requested at once)"}. */
    public static String describe(Throwable failure) {
        Matcher tried = TRIED.matcher(sign(failure).orElse(""));
        return "out of memory" + (tried.find() ? " (" + tried.group(1) + " were requested at once)" : "");
    }

    /**
     * Does the work; an InputException in place of libtorch's own where memory runs out.
     *
     * @param mend what the user can do: follows a semicolon
     */
    public static <T> T orRefuse(Supplier<T> work, Supplier<String> mend) {
        try {
            return work.get();
        } catch (RuntimeException e) {
            if (e instanceof InputException || !ranOut(e)) {
                throw e;
            }
            throw new InputException(describe(e) + "; " + mend.get(), e);
        }
    }
}
