package io.vit4j.parallel;

import io.vit4j.base.InputException;
import io.vit4j.torch.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The identity of a process within its job, read from the environment that its launcher sets.
 *
 * @param rank its number, from 0 ({@code RANK})
 * @param localRank its number among the ranks of its machine ({@code LOCAL_RANK}; 0 if not given)
 * @param worldSize ranks of the job ({@code WORLD_SIZE})
 * @param masterAddress host of rank 0 ({@code MASTER_ADDR})
 * @param masterPort port on which rank 0 listens ({@code MASTER_PORT})
 */
public record RankEnvironment(int rank, int localRank, int worldSize, String masterAddress, int masterPort) {
    private static final int LAST_PORT = 65_535;
    private static final List<String> NEEDED = List.of("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT");

    /**
     * What the environment says, in the variables above or in those of Slurm's {@code srun}, Open MPI, and launchers that speak PMI (MPICH,
     * Intel MPI); empty if it names no ranks, so that the process is alone.
     */
    public static Optional<RankEnvironment> read(Map<String, String> environment) {
        boolean named = !environment.getOrDefault("RANK", "").isBlank()
                || !environment.getOrDefault("WORLD_SIZE", "").isBlank();
        return named ? named(environment) : RankVariables.of(environment).flatMap(RankEnvironment::named);
    }

    private static Optional<RankEnvironment> named(Map<String, String> environment) {
        List<String> missing = new ArrayList<>(NEEDED);
        missing.removeIf(name -> !environment.getOrDefault(name, "").isBlank());
        if (!missing.isEmpty()) {
            throw new InputException("the environment describes ranks but lacks " + String.join(", ", missing)
                    + "; set all of " + String.join(", ", NEEDED) + ", or start the ranks with vit4j launch");
        }
        int worldSize = whole(environment, "WORLD_SIZE", 1, Integer.MAX_VALUE);
        return Optional.of(new RankEnvironment(
                whole(environment, "RANK", 0, worldSize - 1),
                environment.getOrDefault("LOCAL_RANK", "").isBlank()
                        ? 0
                        : whole(environment, "LOCAL_RANK", 0, worldSize - 1),
                worldSize,
                environment.get("MASTER_ADDR").strip(),
                whole(environment, "MASTER_PORT", 1, LAST_PORT)));
    }

    private static int whole(Map<String, String> environment, String name, int least, int most) {
        String text = environment.get(name).strip();
        if (text.matches("[0-9]{1,10}")) {
            long number = Long.parseLong(text);
            if (number >= least && number <= most) {
                return (int) number;
            }
        }
        throw new InputException("the environment's " + name + " is \"" + text + "\"; it must be a whole number from "
                + least + " to " + most);
    }

    /**
     * The device of that name for this process, as {@link Device#parse(String, int)}: a GPU without a number is the one of its
     * rank on this machine.
     */
    public static Device device(String name) {
        return Device.parse(
                name, read(System.getenv()).map(RankEnvironment::localRank).orElse(0));
    }

    /** This rank's variables, for starting it. */
    public Map<String, String> variables() {
        return Map.of(
                "RANK", Integer.toString(rank),
                "LOCAL_RANK", Integer.toString(localRank),
                "WORLD_SIZE", Integer.toString(worldSize),
                "MASTER_ADDR", masterAddress,
                "MASTER_PORT", Integer.toString(masterPort));
    }
}
