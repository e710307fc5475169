package io.vit4j.cli;

import io.vit4j.base.InputException;
import io.vit4j.cli.launch.RankEnd;
import io.vit4j.cli.launch.RankGroup;
import io.vit4j.cli.launch.RankJob;
import io.vit4j.cli.launch.RankOutput;
import io.vit4j.cli.launch.Restarts;
import io.vit4j.cli.launch.ThisJava;
import io.vit4j.options.OptionSpelling;
import io.vit4j.options.TrainingArgumentOptions;
import io.vit4j.parallel.RendezvousSecret;
import io.vit4j.train.arguments.TrainingArguments;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code vit4j launch}: starts the ranks of a job on this machine, as processes. */
@Command(
        name = "launch",
        description = "Starts the ranks of a parallel run on this machine, one process per rank.",
        footer = {
            "",
            "Sets RANK, LOCAL_RANK, WORLD_SIZE, LOCAL_WORLD_SIZE, MASTER_ADDR and MASTER_PORT for each"
                    + " rank, as torchrun",
            "does. Shows rank 0's output, and only warnings and errors from other ranks. Ctrl-C stops all"
                    + " ranks after their",
            "current step, with a checkpoint; a second Ctrl-C stops them at once.",
            "",
            "Defaults of --nproc-per-node, --nnodes, --node-rank, --master-addr and --master-port are taken from"
                    + " PET_NPROC_PER_NODE,",
            "PET_NNODES and so on, as torchrun takes them and Kubeflow's Trainer sets them.",
            "",
            "Examples:",
            "  vit4j launch --nproc-per-node 4 -- train --model base --dataset dataset --output tuned \\",
            "      --parallel ipu_config.json",
            "  vit4j launch --nproc-per-node 8 --nnodes 2 --node-rank 0 --master-addr host0 --master-port 29500 \\",
            "      --rendezvous-secret secret --max-restarts 3 -- train --args arguments.json --model base \\",
            "      --dataset dataset --output tuned"
        },
        sortOptions = false)
final class LaunchCommand implements Callable<Integer> {
    /** The commands that know of ranks. */
    static final List<String> OF_RANKS = List.of("train", "evaluate");

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"--nproc-per-node", "--nproc"},
            required = true,
            paramLabel = "N",
            defaultValue = "${env:PET_NPROC_PER_NODE}",
            description = "Ranks on each machine.")
    private int processes;

    @Option(
            names = "--nnodes",
            paramLabel = "M",
            defaultValue = "${env:PET_NNODES:-1}",
            description = "Number of machines. Default: 1.")
    private int nodes;

    @Option(
            names = "--node-rank",
            paramLabel = "K",
            defaultValue = "${env:PET_NODE_RANK:-0}",
            description = "This machine's number, from 0; rank 0 is on machine 0. Default: 0.")
    private int nodeRank;

    @Option(
            names = "--master-addr",
            paramLabel = "HOST",
            defaultValue = "${env:PET_MASTER_ADDR}",
            description = "Address at which the other machines reach machine 0. Required with several machines.")
    private Optional<String> masterAddress;

    @Option(
            names = "--master-port",
            paramLabel = "PORT",
            defaultValue = "${env:PET_MASTER_PORT}",
            description =
                    "Port on which rank 0 listens. Required with several machines. Default on one machine: any free"
                            + " port.")
    private Integer masterPort;

    @Option(
            names = "--rendezvous-secret",
            paramLabel = "FILE",
            description = "File with a secret, the same on every machine. Required with several machines, unless"
                    + " VIT4J_RENDEZVOUS_SECRET is set. Default on one machine: a new one.")
    private Optional<Path> secretFile;

    @Option(
            names = "--interface",
            paramLabel = "NAME",
            description = "Network interface on which this machine's ranks listen. Default: the one through which they"
                    + " reach rank 0.")
    private Optional<String> networkInterface;

    @Option(
            names = "--max-restarts",
            paramLabel = "R",
            defaultValue = "0",
            description = "If a rank dies, restart all ranks, up to R times; training continues from its newest"
                    + " checkpoint. Default: 0.")
    private int mostRestarts;

    @Parameters(
            paramLabel = "-- COMMAND",
            arity = "1..*",
            description = "The command that each rank runs: train ... or evaluate ...")
    private List<String> command;

    /** Set by signals. */
    private volatile boolean ended;

    private Map<String, String> shared;

    private volatile RankGroup running;

    @Override
    public Integer call() throws InterruptedException {
        if (mostRestarts < 0) {
            throw new InputException("--max-restarts is " + mostRestarts + "; it must be at least 0");
        }
        if (nodes > 1 && masterAddress.isEmpty()) {
            throw new InputException("--nnodes " + nodes + " needs --master-addr, the host of machine 0");
        }
        ParseResult parsed = parsed();
        if (parsed.isUsageHelpRequested()) {
            parsed.commandSpec().commandLine().usage(spec.commandLine().getOut(), CommandLine.Help.Ansi.OFF);
            return 0;
        }
        Restarts restarts = new Restarts(command, training(parsed));
        RankOutput output = new RankOutput(System.err);
        job(command); // reports wrong numbers before any signal is caught
        shared = shared();
        try (Interrupts interrupts = new Interrupts(signal -> interrupt(), again -> interrupt())) {
            return run(restarts, output, interrupts);
        }
    }

    private int run(Restarts restarts, RankOutput output, Interrupts interrupts) throws InterruptedException {
        List<String> arguments = command;
        for (int restart = 0; ; restart++) {
            RankGroup group = new RankGroup(job(arguments), shared, output);
            running = group;
            if (ended) {
                group.interrupt();
            }
            Optional<RankEnd> cause = RankEnd.cause(group.await());
            if (ended) {
                return interrupts.exitCode();
            }
            if (cause.isEmpty()) {
                return 0;
            }
            RankEnd end = cause.get();
            if (end.isUsersToMend()) {
                return end.exitCode();
            }
            boolean again = restart < mostRestarts;
            output.line(end.describe() + (again ? "" : "; the job is over" + hint()));
            if (!again) {
                return 1;
            }
            arguments = restarts.next();
            output.line("Starting all ranks again, restart " + (restart + 1) + " of " + mostRestarts
                    + restarts.newest().map(name -> ", from " + name).orElse(""));
        }
    }

    /** What the ranks get by their environment, which, unlike a command line, other users cannot see. */
    private Map<String, String> shared() {
        Optional<RendezvousSecret> given =
                secretFile.map(RendezvousSecret::read).or(() -> RendezvousSecret.ofEnvironment(System.getenv()));
        if (given.isEmpty() && nodes > 1) {
            throw new InputException(
                    "--nnodes " + nodes + " needs a secret that strangers do not know: write one into a"
                            + " file (openssl rand -hex 32), and give it to every machine with --rendezvous-secret FILE, or what"
                            + " is in it in " + RendezvousSecret.VARIABLE);
        }
        Map<String, String> variables = new HashMap<>();
        variables.put(
                RendezvousSecret.VARIABLE,
                given.orElseGet(RendezvousSecret::random).text());
        networkInterface.ifPresent(name -> variables.put("GLOO_SOCKET_IFNAME", name));
        return variables;
    }

    private String hint() {
        return mostRestarts > 0 ? ", after " + mostRestarts + " restarts" : "";
    }

    private void interrupt() {
        ended = true;
        RankGroup group = running;
        if (group != null) {
            group.interrupt();
        }
    }

    private RankJob job(List<String> arguments) {
        OptionalInt port = masterPort == null ? OptionalInt.empty() : OptionalInt.of(masterPort);
        return new RankJob(
                processes,
                nodes,
                nodeRank,
                masterAddress.orElse("127.0.0.1"),
                port,
                ThisJava.command(Main.class, processes, arguments));
    }

    /** The ranks' command line, checked here so that an error is reported once, before any rank starts. */
    private ParseResult parsed() {
        if (!OF_RANKS.contains(command.get(0))) {
            throw new InputException("launch can start ranks of " + String.join(" or ", OF_RANKS) + ", not of "
                    + command.get(0) + "; run that without launch");
        }
        PrintWriter err = spec.commandLine().getErr();
        String[] arguments = OptionSpelling.withHyphens(command.toArray(String[]::new));
        return Main.commandLine(spec.commandLine().getOut(), arguments)
                .setErr(err)
                .parseArgs(arguments)
                .subcommand();
    }

    private static Optional<TrainingArguments> training(ParseResult parsed) {
        return parsed.commandSpec().name().equals("train")
                ? Optional.of(TrainingArgumentOptions.read(parsed))
                : Optional.empty();
    }
}
