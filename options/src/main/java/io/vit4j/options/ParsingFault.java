package io.vit4j.options;

import io.vit4j.base.InputException;
import io.vit4j.base.NearestName;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What a command says of a line that it does not understand. */
public final class ParsingFault {
    private ParsingFault() {}

    /** What is wrong with a command line, and where its help is; one line. */
    public static String describe(ParameterException failure) {
        String line = failure instanceof UnmatchedArgumentException unmatched ? unknown(unmatched) : reason(failure);
        return line + " (see " + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help)";
    }

    private static String reason(ParameterException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InputException input) {
                return input.getMessage();
            }
        }
        return plain(failure.getMessage());
    }

    /** The first line, without what could move the cursor. */
    private static String plain(String message) {
        return new InputException(message.lines().findFirst().orElse("")).getMessage();
    }

    private static String unknown(UnmatchedArgumentException failure) {
        CommandSpec spec = failure.getCommandLine().getCommandSpec();
        String given = failure.getUnmatched().get(0);
        boolean option = given.startsWith("-");
        String name = given.contains("=") && option ? given.substring(0, given.indexOf('=')) : given;
        boolean command = !option && !spec.subcommands().isEmpty();
        List<String> known = new ArrayList<>();
        if (option) {
            spec.optionsMap().keySet().stream().filter(o -> o.startsWith("--")).forEach(known::add);
        } else if (command) {
            known.addAll(spec.subcommands().keySet());
        }
        String what = option ? " is not an option of " : command ? " is not a command of " : " is too much for ";
        return plain(name
                + what
                + spec.qualifiedName()
                + (known.isEmpty() ? "" : "; did you mean " + NearestName.to(name, known) + "?"));
    }
}
