package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.base.MemoryRoom;
import io.vit4j.base.TerminalText;
import io.vit4j.options.ParsingFault;
import io.vit4j.parallel.RankFailedException;
import io.vit4j.torch.FailedAllocation;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * One line on standard error for each way to fail, and the exit code: 2 where the user can mend it, 1 elsewhere. The
 * stack trace follows under {@code --verbose}.
 */
final class Failures {
    private static final int USER_CAN_MEND = 2;
    private static final int OTHER = 1;

    /** 128 and the number of SIGPIPE, as of other programs; head and its like close the pipe when they have enough. */
    private static final int NOBODY_READS = 141;

    private Failures() {}

    /** A command line that cannot be understood. */
    static int ofParsing(ParameterException failure, String[] args) {
        say(failure.getCommandLine(), ParsingFault.describe(failure));
        return USER_CAN_MEND;
    }

    /** A command that failed at its work. */
    static int exitCode(Throwable failure, CommandLine command, boolean verbose) {
        Optional<StandardOutput.Failed> output = StandardOutput.Failed.in(failure);
        if (output.isPresent()) {
            if (output.get().isUnread()) {
                return NOBODY_READS;
            }
            say(command, output.get().getMessage());
            return OTHER;
        }
        InputException input = input(failure);
        say(command, input != null ? input.getMessage() : plain(describe(failure)));
        if (verbose) {
            failure.printStackTrace(command.getErr());
        } else if (input == null && !(failure instanceof RankFailedException)) {
            say(command, "This is a fault in vit4j or in the machine; --verbose shows where it came from.");
        }
        return input != null ? USER_CAN_MEND : OTHER;
    }

    /** A line on standard error. */
    static void say(CommandLine command, String text) {
        command.getErr().println(Console.STANDARD.isJson() ? JsonLine.message("error", text) : TerminalText.of(text));
    }

    private static InputException input(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InputException input) {
                return input;
            }
            if (cause instanceof OutOfMemoryError) {
                return new InputException("the Java heap is full (" + cause.getMessage() + "; the limit is "
                        + MemoryRoom.inGib(Runtime.getRuntime().maxMemory())
                        + "); raise it, for example with VIT4J_JAVA_OPTS=-Xmx8g");
            }
        }
        return FailedAllocation.ranOut(failure)
                ? new InputException(FailedAllocation.describe(failure)
                        + "; free some memory, or use a smaller model or smaller batches")
                : null;
    }

    private static String describe(Throwable failure) {
        String message = failure.getMessage();
        if (failure instanceof RankFailedException) {
            return message; // the other rank's own fault, which its line tells
        }
        String type = failure.getClass().getSimpleName();
        return message == null || message.isBlank() ? type : type + ": " + message;
    }

    /** The first line, without what could move the cursor. */
    private static String plain(String message) {
        return new InputException(message.lines().findFirst().orElse("")).getMessage();
    }
}
