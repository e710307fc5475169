package io.vit4j.cli;

import io.vit4j.base.Privacy;
import io.vit4j.base.Progress;
import io.vit4j.cli.launch.LaunchedRank;
import io.vit4j.options.OptionSpelling;
import io.vit4j.torch.TorchRuntime;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code vit4j}: parses, calls core, prints. Its subcommands are the classes named ...Command. */
@Command(
        name = "vit4j",
        description = "Fine-tunes Vision Transformers on a folder of images and a label file.",
        footer = {
            "With your own pictures: prepare, train, evaluate, predict. For a demonstration: vit4j walkthrough.",
            "",
            "Each command has its own help, with examples: vit4j COMMAND --help.",
            "Options can be written with hyphens or underscores. If an option is repeated, the last value wins."
        },
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        sortOptions = false)
public final class Main implements Runnable {
    private static final List<Class<?>> COMMANDS = List.of(
            WalkthroughCommand.class,
            SynthesizeCommand.class,
            PrepareCommand.class,
            RunCommand.class,
            InspectCommand.class,
            RecipesCommand.class,
            PretrainCommand.class,
            TrainCommand.class,
            CrossvalCommand.class,
            SweepCommand.class,
            EvaluateCommand.class,
            CompareCommand.class,
            PredictCommand.class,
            ExplainCommand.class,
            ServeCommand.class,
            DicomFetchCommand.class,
            ReportCommand.class,
            MergeCommand.class,
            ExportCommand.class,
            CheckCommand.class,
            LaunchCommand.class,
            PlanCommand.class,
            BenchCommand.class);

    /** Those that have use for libtorch whatever they are told. */
    private static final List<Class<?>> COMPUTING = List.of(
            PretrainCommand.class,
            TrainCommand.class,
            EvaluateCommand.class,
            PredictCommand.class,
            ExplainCommand.class,
            ServeCommand.class);

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            order = 1000,
            description = "Log more, and show where errors come from.")
    private boolean verbose;

    @Option(
            names = "--quiet",
            scope = ScopeType.INHERIT,
            order = 1001,
            description = "Show only warnings, errors and results, without progress.")
    private boolean quiet;

    @Option(
            names = "--json-logs",
            scope = ScopeType.INHERIT,
            order = 1002,
            description = "Write log lines, progress and errors to standard error as JSON, one object per line.")
    private boolean jsonLogs;

    @Option(
            names = "--share",
            scope = ScopeType.INHERIT,
            order = 1003,
            description = {
                "Let others read the data sets, predictions and reports that are written, as the umask says."
                        + " By default only you can.",
                "VIT4J_SHARE=1 does the same."
            })
    private boolean share;

    @Option(
            names = {"--help", "-h"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            order = 1004,
            description = "Show this help.")
    private boolean help;

    @Option(names = "--version", versionHelp = true, order = 1005, description = "Show the version.")
    private boolean version;

    /** Runs the command and ends the JVM with its exit code. */
    public static void main(String[] args) {
        LaunchedRank.settle();
        int exitCode;
        try (TorchRuntime.Loading torch = ahead(args)) {
            exitCode = run(commandLine(StandardOutput.writer(), args), args);
        }
        System.exit(exitCode);
    }

    /** Begins to load libtorch, which takes as long as all that a command does before it has use for it. */
    private static TorchRuntime.Loading ahead(String[] args) {
        List<String> words = List.of(args);
        if (words.contains("--help")
                || words.contains("-h")
                || !command(words).map(COMPUTING::contains).orElse(false)) {
            return () -> {};
        }
        Console.STANDARD.jsonLines(words.contains("--json-logs"));
        LogSettings.choose(words.contains("--verbose"), words.contains("--quiet"));
        return TorchRuntime.begin();
    }

    /** The subcommand that is meant: the first word that is no option. */
    private static Optional<Class<?>> command(List<String> words) {
        return words.stream()
                .filter(word -> !word.startsWith("-"))
                .findFirst()
                .flatMap(word -> COMMANDS.stream()
                        .filter(type -> name(type).equals(word))
                        .findFirst());
    }

    /** The command with all its subcommands; results go to {@code out}. */
    static CommandLine commandLine(PrintWriter out) {
        return commandLine(out, COMMANDS);
    }

    /** The command with the subcommands that these arguments need, for describing all of them takes longer than many run. */
    static CommandLine commandLine(PrintWriter out, String[] args) {
        List<String> words = List.of(args);
        boolean known = command(words.stream()
                        .takeWhile(word -> !word.equals("--help") && !word.equals("-h"))
                        .toList())
                .isPresent();
        return commandLine(
                out,
                known
                        ? COMMANDS.stream()
                                .filter(type -> words.contains(name(type)))
                                .toList()
                        : COMMANDS);
    }

    private static String name(Class<?> type) {
        return type.getAnnotation(Command.class).name();
    }

    private static CommandLine commandLine(PrintWriter out, List<Class<?>> subcommands) {
        CommandLine command = new CommandLine(new Main());
        subcommands.forEach(type -> command.addSubcommand(new CommandLine(type)));
        if (subcommands.contains(LaunchCommand.class)) {
            command.getSubcommands().get(name(LaunchCommand.class)).setStopAtPositional(true); // the rest is the ranks'
        }
        HelpLayout.apply(command);
        return command.setOut(out)
                .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
                .setCaseInsensitiveEnumValuesAllowed(true)
                // as Python's argparse: the last one holds, so that scripts can append
                .setOverwrittenOptionsAllowed(true);
    }

    /**
     * Runs a command line and returns its exit code: 0, 2 for what the user can mend, 141 if nobody reads the output any
     * more, 1 for anything else.
     */
    static int run(CommandLine command, String[] args) {
        Main main = (Main) command.getCommandSpec().userObject();
        command.setParameterExceptionHandler(Failures::ofParsing);
        command.setExecutionExceptionHandler((failure, sub, parsed) -> Failures.exitCode(failure, sub, main.verbose));
        command.setExecutionStrategy(parsed -> {
            try {
                Integer help = CommandLine.executeHelpRequest(parsed); // with its own colours
                return help != null ? help : main.execute(parsed);
            } catch (StandardOutput.Failed failure) { // of the help; picocli handles what a subcommand throws
                return Failures.exitCode(failure, command, main.verbose);
            }
        });
        command.setErr(TerminalWriter.around(command.getErr()));
        String[] spelt = OptionSpelling.withHyphens(args);
        Console.STANDARD.jsonLines(List.of(spelt).contains("--json-logs")); // also where the rest cannot be parsed
        int exitCode;
        try {
            exitCode = command.execute(spelt);
        } catch (Error failure) {
            // picocli handles exceptions; an error (memory, stack, native code) comes out here.
            return Failures.exitCode(failure, command, main.verbose);
        }
        try {
            command.getOut().flush();
        } catch (StandardOutput.Failed failure) {
            return exitCode == 0 ? Failures.exitCode(failure, command, main.verbose) : exitCode;
        }
        return exitCode;
    }

    private int execute(ParseResult parsed) {
        CommandLine command = spec.commandLine();
        PrintWriter safe = TerminalWriter.around(command.getOut());
        command.getSubcommands().values().forEach(sub -> sub.setOut(safe));
        silence(parsed);
        LogSettings.choose(verbose, quiet);
        if (share) {
            System.setProperty(Privacy.SHARE, "true");
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    /** Without a subcommand: what there is. */
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** Of the ranks of a job the first alone logs and prints results; from the others come warnings and errors. */
    private void silence(ParseResult parsed) {
        ParseResult last = parsed.hasSubcommand() ? parsed.subcommand() : parsed;
        if (LaunchCommand.OF_RANKS.contains(last.commandSpec().name()) && LaunchedRank.isSilent()) {
            quiet = true;
            last.commandSpec().commandLine().setOut(new PrintWriter(Writer.nullWriter()));
        }
    }

    /** The options of all commands that this one was given. */
    List<String> everywhere() {
        Map<String, Boolean> given = new LinkedHashMap<>();
        given.put("--verbose", verbose);
        given.put("--quiet", quiet);
        given.put("--json-logs", jsonLogs);
        given.put("--share", share);
        return given.keySet().stream().filter(given::get).toList();
    }

    /** How a subcommand's work is shown: bars on a terminal, lines elsewhere, nothing with {@code --quiet}. */
    Progress.Factory progress() {
        return quiet ? Progress.NONE : Console.STANDARD.progress();
    }
}
