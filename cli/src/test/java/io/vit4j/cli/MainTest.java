package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.InputException;
import io.vit4j.options.OptionSpelling;
import io.vit4j.options.TrainingArgumentOptions;
import io.vit4j.parallel.RankFailedException;
import io.vit4j.torch.Device;
import io.vit4j.torch.Dtype;
import io.vit4j.torch.Tensors;
import io.vit4j.train.arguments.ArgumentTable;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Array;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The frame of the command, with a subcommand made for these tests. */
class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Try trial = new Try();

    /** Reads training arguments, and fails as it is told. */
    @Command(
            name = "try",
            description = "Tries.",
            modelTransformer = TrainingArgumentOptions.class,
            sortOptions = false)
    static final class Try implements Runnable {
        @Spec
        private CommandSpec spec;

        @Option(names = "--fail-with")
        private String failure = "";

        private TrainingArguments arguments;

        @Override
        public void run() {
            arguments = TrainingArgumentOptions.read(spec.commandLine().getParseResult());
            switch (failure) {
                case "input" -> throw new InputException("a.csv: row 3: no image; remove it");
                case "wrapped" -> throw new IllegalStateException(new InputException("b.csv: empty; fill it"));
                case "exception" -> throw new IllegalStateException("first line\nsecond line");
                case "error" -> throw new StackOverflowError("no \033[2J room");
                case "heap" -> throw new IllegalStateException("a batch", full(() -> new long[Integer.MAX_VALUE - 8]));
                case "heap itself" -> Array.setLong(new long[Integer.MAX_VALUE - 8], 0, 1);
                case "native" -> Tensors.zeros(Dtype.FLOAT32, Device.CPU, 1L << 46);
                case "libtorch" -> Tensors.zeros(Dtype.FLOAT32, Device.CPU, 2).view(3);
                case "library" ->
                    System.load(Path.of("no-such-library.so").toAbsolutePath().toString());
                case "rank" -> throw new RankFailedException("rank 1: its own words");
                default -> spec.commandLine().getOut().println("done");
            }
        }
    }

    /** What Java says when its heap is full. */
    private static OutOfMemoryError full(Supplier<Object> greedy) {
        try {
            throw new AssertionError(greedy.get());
        } catch (OutOfMemoryError e) {
            return e;
        }
    }

    private int run(String... args) {
        CommandLine command = Main.commandLine(new PrintWriter(out, true));
        command.addSubcommand(new CommandLine(trial))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true));
        return Main.run(command, args);
    }

    @Test
    void optionsMayBeSpelledWithUnderscores() {
        assertThat(run("try", "--learning_rate", "1e-3", "--per_device_train_batch_size=4", "--run_name=a_b"))
                .isZero();
        assertThat(trial.arguments.learningRate()).isEqualTo(1e-3);
        assertThat(trial.arguments.perDeviceTrainBatchSize()).isEqualTo(4);
        assertThat(trial.arguments.runName()).contains("a_b");
        assertThat(OptionSpelling.withHyphens(new String[] {"--a_b", "--", "--a_b"}))
                .containsExactly("--a-b", "--", "--a_b");
    }

    @Test
    void booleansTakeAValueOrMeanTrue() {
        run("try", "--dataloader-drop-last", "false", "--bf16", "--eval-on-start", "--logging-first-step=yes");
        assertThat(trial.arguments.dataloaderDropLast()).isFalse();
        assertThat(trial.arguments.dtype()).isEqualTo(TrainingArguments.Precision.BFLOAT16);
        assertThat(trial.arguments.evalOnStart()).isTrue();
        assertThat(trial.arguments.loggingFirstStep()).isTrue();
    }

    @Test
    void ofAnOptionGivenTwiceTheLastHolds() {
        assertThat(run("try", "--seed", "1", "--seed", "2")).isZero();
        assertThat(trial.arguments.seed()).isEqualTo(2);
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void everyTrainingArgumentIsAnOption() {
        run("try");
        CommandSpec spec = trial.spec;
        ArgumentTable.all()
                .forEach(argument -> assertThat(spec.findOption(argument.option()))
                        .as(argument.name())
                        .isNotNull());
    }

    @Test
    void optionsHoldOverTheFile(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(
                folder.resolve("a.json"), "{\"learning_rate\": 2e-4, \"seed\": 7, \"evaluation_strategy\": \"epoch\"}");
        assertThat(run(
                        "try",
                        "--args",
                        file.toString(),
                        "--seed",
                        "8",
                        "--output",
                        "there",
                        "--report-to",
                        "csv",
                        "jsonl"))
                .isZero();
        assertThat(trial.arguments.learningRate()).isEqualTo(2e-4);
        assertThat(trial.arguments.seed()).isEqualTo(8);
        assertThat(trial.arguments.outputDir()).isEqualTo(Path.of("there"));
        assertThat(trial.arguments.evalStrategy()).isEqualTo(TrainingArguments.Strategy.EPOCH);
        assertThat(trial.arguments.reportTo()).containsExactly("csv", "jsonl");
        assertThat(trial.arguments.notes()).containsExactly("evaluation_strategy is read as eval_strategy");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "try --fail-with input | 2 | a.csv: row 3: no image; remove it",
                "try --fail-with wrapped | 2 | b.csv: empty; fill it",
                "try --fail-with exception | 1 | IllegalStateException: first line",
                "try --fail-with error | 1 | StackOverflowError: no \\u001b[2J room",
                "try --learning-rate fast | 2 | --learning-rate: \"fast\" is not a number; give at least 0 and at most 1000",
                "try --push-to-hub | 2 | --push-to-hub: vit4j does not upload; leave it out, and upload the output folder after training with `hf upload`",
                "try --lerning_rate 1 | 2 | --lerning-rate is not an option of vit4j try; did you mean --learning-rate? (see vit4j try --help)",
                "try --lerning-rate=1 | 2 | --lerning-rate is not an option of vit4j try; did you mean --learning-rate? (see vit4j try --help)",
                "tri | 2 | tri is not a command of vit4j; did you mean try? (see vit4j --help)",
                "--verison | 2 | --verison is not an option of vit4j; did you mean --version? (see vit4j --help)",
                "try --seed | 2 | Missing required parameter for option '--seed' (N) (see vit4j try --help)",
                "try --args nowhere.json | 2 | nowhere.json: no such file; check the path",
            })
    void aFailureIsOneLineAndAnExitCode(String args, int exitCode, String line) {
        String[] split = args.split(" ");
        assertThat(run(split)).isEqualTo(exitCode);
        assertThat(err.toString().lines().findFirst()).contains(line);
        assertThat(err.toString().lines()).hasSize(exitCode == 1 ? 2 : 1);
        assertThat(out.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"heap", "heap itself"})
    void aFullJavaHeapIsALineThatSaysHowToGiveMore(String where) {
        assertThat(run("try", "--fail-with", where)).isEqualTo(2);
        assertThat(err.toString().lines())
                .singleElement()
                .asString()
                .matches("the Java heap is full \\(.+; the limit is [0-9.]+ [GM]iB\\); raise it, for example with"
                        + " VIT4J_JAVA_OPTS=-Xmx8g");
    }

    @Test
    void memoryThatLibtorchCannotHaveIsALine() {
        assertThat(run("try", "--fail-with", "native")).isEqualTo(2);
        assertThat(err.toString())
                .isEqualTo(
                        "out of memory (281474976710656 bytes were requested at once); free some memory, or use a smaller"
                                + " model or smaller batches\n");
    }

    @Test
    void aFaultOfLibtorchIsItsFirstLineWithoutItsStackTrace() {
        assertThat(run("try", "--fail-with", "libtorch")).isEqualTo(1);
        assertThat(err.toString().lines()).hasSize(2).last().asString().contains("--verbose shows where");
        assertThat(err.toString().lines().findFirst())
                .hasValueSatisfying(line -> assertThat(line)
                        .startsWith("RuntimeException: shape '[3]' is invalid for input of size 2")
                        .doesNotContain("frame #"));
    }

    @Test
    void aLibraryThatCannotBeLoadedIsALine() {
        assertThat(run("try", "--fail-with", "library")).isEqualTo(1);
        assertThat(err.toString().lines()).hasSize(2).first().asString().startsWith("UnsatisfiedLinkError: Can't load");
    }

    @Test
    void aRankThatFailedBecauseAnotherDidSaysNoMoreThanThat() {
        assertThat(run("try", "--fail-with", "rank")).isEqualTo(1);
        assertThat(err.toString()).isEqualTo("rank 1: its own words\n");
    }

    @Test
    void verboseShowsWhereAnErrorCameFrom() {
        assertThat(run("try", "--verbose", "--fail-with", "exception")).isEqualTo(1);
        assertThat(err.toString()).contains("at io.vit4j.cli.MainTest$Try.run");
    }

    @Test
    void verboseAndQuietChooseWhatIsLogged() {
        Logger log = LoggerFactory.getLogger("io.vit4j.train"); // made before the command line is read, as most are
        run("try", "--verbose");
        assertThat(log.isDebugEnabled()).isTrue();
        run("try", "--quiet");
        assertThat(log.isInfoEnabled()).isFalse();
        assertThat(log.isWarnEnabled()).isTrue();
        run("try");
        assertThat(log.isInfoEnabled()).isTrue();
        assertThat(log.isDebugEnabled()).isFalse();
    }

    @Test
    void helpOfACommandTeaches() {
        assertThat(run("try", "--help")).isZero();
        assertThat(out.toString())
                .contains("Learning rate\n")
                .contains("--learning-rate=X")
                .contains("Peak learning rate. Default: 5.0E-5.")
                .contains("--bf16[=auto|true|false]")
                .contains("--args=FILE.json")
                .contains("--quiet")
                .doesNotContain("--push-to-hub")
                .doesNotContain("--evaluation-strategy");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void withoutACommandThereIsHelp() {
        assertThat(run()).isZero();
        assertThat(out.toString()).contains("Usage: vit4j").contains("Tries.");
    }

    @Test
    void versionNamesTheProgramAndItsJava() {
        assertThat(run("--version")).isZero();
        assertThat(out.toString()).startsWith("vit4j ").contains("Java " + System.getProperty("java.version"));
    }
}
