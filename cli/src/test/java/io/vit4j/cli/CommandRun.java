package io.vit4j.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** Runs the command within the test's JVM and keeps what it printed. */
final class CommandRun {
    private StringWriter out = new StringWriter();
    private StringWriter err = new StringWriter();

    private int exitCode;

    /** A command line, run. */
    static CommandRun of(String... args) {
        CommandRun run = new CommandRun();
        run.exitCode = run.run(args);
        return run;
    }

    /** Of {@link #of}. */
    int exitCode() {
        return exitCode;
    }

    /** @return the exit code */
    int run(String... args) {
        out = new StringWriter();
        err = new StringWriter();
        CommandLine command = Main.commandLine(new PrintWriter(out, true), args).setErr(new PrintWriter(err, true));
        return Main.run(command, args);
    }

    String out() {
        return out.toString();
    }

    String err() {
        return err.toString();
    }
}
