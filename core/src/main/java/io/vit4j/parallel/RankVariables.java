package io.vit4j.parallel;

import io.vit4j.base.InputException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What launchers that start a process per rank, but are not of PyTorch, call a rank's variables.
 *
 * @param launcher its name, for messages
 * @param rank variable of the rank's number
 * @param localRank variable of its number on its machine
 * @param worldSize variable of the number of ranks
 * @param here variable of the number of ranks on this machine; empty if it tells none
 */
record RankVariables(String launcher, String rank, String localRank, String worldSize, String here) {
    /** MPI first: started within a Slurm job, its helpers are Slurm's tasks, and the ranks inherit their variables. */
    private static final List<RankVariables> ALL = List.of(
            new RankVariables(
                    "Open MPI",
                    "OMPI_COMM_WORLD_RANK",
                    "OMPI_COMM_WORLD_LOCAL_RANK",
                    "OMPI_COMM_WORLD_SIZE",
                    "OMPI_COMM_WORLD_LOCAL_SIZE"),
            new RankVariables("MPI", "PMI_RANK", "MPI_LOCALRANKID", "PMI_SIZE", "MPI_LOCALNRANKS"),
            // Those of a step. The batch script itself, which is no rank, has SLURM_PROCID and SLURM_NTASKS, too.
            new RankVariables("Slurm", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_STEP_NUM_TASKS", ""));

    private static final String LOOPBACK = "127.0.0.1";
    private static final int USUAL_PORT = 29_500; // torchrun's
    private static final int FIRST_PORT = 15_000;
    private static final int PORTS = 15_000; // below those that Linux gives to connections
    private static final Pattern BRACKET = Pattern.compile("\\[([^\\],-]*)[^\\]]*\\]");

    /**
     * The variables that torchrun would set, from those of another launcher; empty if there is none, or the process is its only one.
     *
     * @throws InputException if it is not known where rank 0 is
     */
    static Optional<Map<String, String>> of(Map<String, String> environment) {
        for (RankVariables names : ALL) {
            String size = environment.getOrDefault(names.worldSize, "").strip();
            if (environment.containsKey(names.rank) && !size.isEmpty() && !size.equals("1")) {
                return Optional.of(names.translated(environment, size));
            }
        }
        return Optional.empty();
    }

    private Map<String, String> translated(Map<String, String> environment, String size) {
        Map<String, String> variables = new HashMap<>();
        variables.put("RANK", environment.get(rank));
        variables.put("WORLD_SIZE", size);
        if (!environment.getOrDefault(localRank, "").isBlank()) {
            variables.put("LOCAL_RANK", environment.get(localRank));
        }
        variables.put("MASTER_ADDR", master(environment, size));
        variables.put("MASTER_PORT", environment.getOrDefault("MASTER_PORT", Integer.toString(port(environment))));
        return variables;
    }

    private String master(Map<String, String> environment, String size) {
        String given = environment.getOrDefault("MASTER_ADDR", "");
        boolean oneMachine = size.equals(environment.get(here)) || "1".equals(environment.get("SLURM_STEP_NUM_NODES"));
        if (!given.isBlank() || oneMachine) {
            return given.isBlank() ? LOOPBACK : given;
        }
        return Optional.ofNullable(environment.get("SLURM_STEP_NODELIST"))
                .or(() -> Optional.ofNullable(environment.get("SLURM_JOB_NODELIST")))
                .filter(list -> !list.isBlank())
                .map(RankVariables::firstHost)
                .orElseThrow(
                        () -> new InputException(
                                launcher + " started " + size
                                        + " ranks and does not say on which machine rank 0 is; set MASTER_ADDR to its address in every rank's environment"));
    }

    /** The first host of Slurm's notation: {@code tux12-rack1} of {@code tux[12,14-16]-rack[1-2],tux20}. */
    static String firstHost(String list) {
        int depth = 0;
        int end = 0;
        while (end < list.length() && (depth > 0 || list.charAt(end) != ',')) {
            depth += list.charAt(end) == '[' ? 1 : list.charAt(end) == ']' ? -1 : 0;
            end++;
        }
        return BRACKET.matcher(list.substring(0, end).strip())
                .replaceAll(bracket -> Matcher.quoteReplacement(bracket.group(1).strip()));
    }

    /** Another port for each step of a Slurm job, the same on all its machines; else torchrun's. */
    private static int port(Map<String, String> environment) {
        String job = environment.getOrDefault("SLURM_JOB_ID", "");
        String step = environment.getOrDefault("SLURM_STEP_ID", "");
        if (!job.matches("\\d{1,15}")) {
            return USUAL_PORT;
        }
        long number = Long.parseLong(job) * 31 + (step.matches("\\d{1,9}") ? Long.parseLong(step) : 0);
        return FIRST_PORT + (int) (number % PORTS);
    }
}
