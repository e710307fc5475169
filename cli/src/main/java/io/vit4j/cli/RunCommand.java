package io.vit4j.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.Json;
import io.vit4j.options.ParsingFault;
import io.vit4j.parallel.RankEnvironment;
import io.vit4j.train.checkpoint.RunLock;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code vit4j run}: prepare, train and evaluate from one file, in one process. */
@Command(
        name = "run",
        description = "Prepares, trains and evaluates as a file says, in one process.",
        footer = {
            "",
            "FILE.json has the options of each command, by name. The data set and the tuned model are written into --output",
            "and handed from step to step; pictures are prepared for the model that train names. evaluate can be a list.",
            "  {\"prepare\": {\"data\": \"CXR8\", \"validation\": 0.05, \"test\": 0.1},",
            "   \"train\": {\"model\": \"google/vit-base-patch16-224-in21k\", \"num_train_epochs\": 3, \"learning_rate\": 2e-4},",
            "   \"evaluate\": [{\"split\": \"validation\"}, {\"split\": \"test\"}]}",
            "",
            "If you stop it, or it is killed, the same command continues where it stopped.",
            "",
            "Examples:",
            "  vit4j run chest.json --output chest",
            "  vit4j run chest.json --output chest --overwrite-output-dir"
        },
        sortOptions = false)
final class RunCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

    /** What was asked and what is done, in the output folder. */
    private static final String STATE = "run.json";

    @ParentCommand
    private Main vit4j;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE.json", description = "What to do.")
    private Path file;

    @Option(names = "--output", required = true, paramLabel = "DIR", description = "Folder for all results.")
    private Path output;

    @Option(
            names = "--overwrite-output-dir",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            defaultValue = "false",
            description = "Start again, in place of what the folder contains of an earlier run of this command.")
    private boolean overwrite;

    @Override
    public Integer call() {
        if (RankEnvironment.read(System.getenv())
                .filter(self -> self.worldSize() > 1)
                .isPresent()) {
            throw new InputException(
                    "run works in one process; start several with vit4j launch -- train, after vit4j prepare");
        }
        List<Job.Step> steps = Job.read(file, output);
        steps.forEach(this::requireUnderstood);
        try {
            Files.createDirectories(output);
        } catch (IOException e) {
            throw InputException.in(output, "cannot be created (" + e.getMessage() + "); check its permissions", e);
        }
        try (RunLock lock = RunLock.take(output)) {
            ObjectNode done = begin(steps);
            for (Job.Step step : steps) {
                if (isDone(step, done)) {
                    LOG.info("{}: done before", step.name());
                    continue;
                }
                LOG.info("{}:", step.name());
                int code = run(words(step));
                if (code != 0) {
                    return code;
                }
                done.set(step.name(), step.settings());
                keep(steps, done);
            }
        }
        return 0;
    }

    /** prepare itself looks whether the pictures are still those of the data set, and then leaves it as it is. */
    private static boolean isDone(Job.Step step, ObjectNode done) {
        return !step.command().equals("prepare") && step.settings().equals(done.get(step.name()));
    }

    /** What is done of these steps; InputException if a folder holds a job of other settings. */
    private ObjectNode begin(List<Job.Step> steps) {
        Path state = output.resolve(STATE);
        if (overwrite || !Files.exists(state)) {
            ObjectNode none = Json.object();
            keep(steps, none);
            return none;
        }
        ObjectNode kept = Json.readObject(state);
        for (Job.Step step : steps) {
            JsonNode before = kept.path("steps").path(step.name());
            if (!step.command().equals("evaluate") && !before.isMissingNode() && !before.equals(step.settings())) {
                throw InputException.in(
                        state,
                        "says that " + step.name() + " was begun with other settings ("
                                + difference(before, step.settings())
                                + "); use the same to continue, another --output, or --overwrite-output-dir to start again");
            }
        }
        return kept.path("done") instanceof ObjectNode done ? done : Json.object();
    }

    private static String difference(JsonNode before, ObjectNode now) {
        for (String option : now.propertyStream().map(entry -> entry.getKey()).toList()) {
            if (!now.get(option).equals(before.path(option))) {
                return option + ": " + Json.line(before.path(option)) + ", now " + Json.line(now.get(option));
            }
        }
        return "it had "
                + before.propertyStream()
                        .map(entry -> entry.getKey())
                        .filter(name -> !now.has(name))
                        .toList() + " as well";
    }

    private void keep(List<Job.Step> steps, ObjectNode done) {
        ObjectNode asked = Json.object();
        steps.forEach(step -> asked.set(step.name(), step.settings()));
        ObjectNode state = Json.object();
        state.set("steps", asked);
        state.set("done", done);
        DurableFiles.SYSTEM.write(output.resolve(STATE), Json.pretty(state));
    }

    /** Before anything is done: a word misspelt in the last step would otherwise show after hours. */
    private void requireUnderstood(Job.Step step) {
        String[] words = words(step);
        try {
            Main.commandLine(new PrintWriter(PrintWriter.nullWriter()), words).parseArgs(words);
        } catch (CommandLine.ParameterException e) {
            throw InputException.in(file, step.name() + ": " + ParsingFault.describe(e), e);
        }
    }

    private String[] words(Job.Step step) {
        List<String> words = (overwrite ? step.again() : step).words();
        words.addAll(vit4j.everywhere());
        return words.toArray(String[]::new);
    }

    private int run(String[] words) {
        CommandLine command = Main.commandLine(spec.commandLine().getOut(), words);
        command.setErr(spec.commandLine().getErr());
        return Main.run(command, words);
    }
}
