package io.vit4j.spark;

import io.vit4j.base.InputException;
import io.vit4j.base.TerminalText;
import io.vit4j.options.OptionSpelling;
import io.vit4j.options.ParsingFault;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * The command on a cluster: {@code spark-submit --class io.vit4j.spark.Main ... prepare|train|evaluate|predict}, with the words of
 * {@code vit4j}. Folders are in any file system that Hadoop knows.
 */
@Command(
        name = "vit4j-spark",
        description = "Prepares data sets, trains, evaluates and predicts on a Spark cluster.",
        subcommands = {PrepareCommand.class, TrainCommand.class, EvaluateCommand.class, PredictCommand.class},
        synopsisSubcommandLabel = "COMMAND")
public final class Main {
    private static final int USER_CAN_MEND = 2;

    @Option(
            names = {"--help", "-h"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help.")
    private boolean help;

    private Main() {}

    /** Runs the command. Ends the process only if it fails: 2 for what the user can mend, 1 for anything else. */
    public static void main(String[] args) {
        int exitCode = run(new PrintWriter(System.out, true, StandardCharsets.UTF_8), args);
        if (exitCode != 0) {
            System.exit(exitCode);
        }
    }

    /** @param out for results */
    static int run(PrintWriter out, String... args) {
        CommandLine command = new CommandLine(new Main());
        command.setOut(out);
        command.getSubcommands().values().forEach(sub -> sub.setOut(out));
        command.setCaseInsensitiveEnumValuesAllowed(true).setOverwrittenOptionsAllowed(true);
        command.setParameterExceptionHandler((failure, words) -> {
            failure.getCommandLine().getErr().println(TerminalText.of(ParsingFault.describe(failure)));
            return USER_CAN_MEND;
        });
        command.setExecutionExceptionHandler((failure, sub, parsed) -> {
            InputException input = input(failure);
            if (input == null) {
                throw failure;
            }
            sub.getErr().println(TerminalText.of(input.getMessage()));
            return USER_CAN_MEND;
        });
        return command.execute(OptionSpelling.withHyphens(args));
    }

    /** Spark wraps what a task throws. */
    private static InputException input(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InputException input) {
                return input;
            }
        }
        return null;
    }

    /** The cluster's session, or one that spark-submit describes. */
    static SparkSession session(String command) {
        return SparkSession.builder().appName("vit4j " + command).getOrCreate();
    }
}
