package io.vit4j.cli.launch;

import io.vit4j.base.InputException;
import io.vit4j.parallel.RankEnvironment;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.List;
import java.util.OptionalInt;

/**
 * The ranks of a job and which of them this machine starts.
 *
 * @param processes ranks on each machine
 * @param nodes machines
 * @param nodeRank this machine's number among them, from 0
 * @param masterAddress host of rank 0
 * @param masterPort where rank 0 listens; empty for any free one, on one machine only
 * @param program what each rank runs: a program and its arguments
 */
public record RankJob(
        int processes, int nodes, int nodeRank, String masterAddress, OptionalInt masterPort, List<String> program) {
    private static final int MOST_RANKS = 1 << 16;

    public RankJob {
        atLeastOne("--nproc-per-node", processes);
        atLeastOne("--nnodes", nodes);
        if ((long) processes * nodes > MOST_RANKS) {
            throw new InputException("--nproc-per-node " + processes + " on --nnodes " + nodes + " are more than "
                    + MOST_RANKS + " ranks; lower one of them");
        }
        if (nodeRank < 0 || nodeRank >= nodes) {
            throw new InputException(
                    "--node-rank is " + nodeRank + "; with --nnodes " + nodes + " it must be from 0 to " + (nodes - 1));
        }
        masterPort.ifPresent(port -> {
            if (port < 1 || port > 65_535) {
                throw new InputException("--master-port is " + port + "; it must be from 1 to 65535");
            }
        });
        if (masterPort.isEmpty() && nodes > 1) {
            throw new InputException("--nnodes " + nodes + " needs --master-port, the same on every machine");
        }
        program = List.copyOf(program);
    }

    private static void atLeastOne(String option, int count) {
        if (count < 1) {
            throw new InputException(option + " is " + count + "; it must be at least 1");
        }
    }

    /** How many ranks the job has, on all machines together. */
    public int worldSize() {
        return processes * nodes;
    }

    /** The number within the job of a rank that this machine starts. */
    public int rank(int localRank) {
        return nodeRank * processes + localRank;
    }

    /** Who a rank of this machine is. */
    public RankEnvironment environment(int localRank, int port) {
        return new RankEnvironment(rank(localRank), localRank, worldSize(), masterAddress, port);
    }

    /** Where rank 0 is to listen; the ranks report an address that is none. */
    private InetAddress addressHere() throws IOException {
        try {
            InetAddress master = InetAddress.getByName(masterAddress);
            return NetworkInterface.getByInetAddress(master) != null ? master : InetAddress.getLoopbackAddress();
        } catch (UnknownHostException e) {
            return InetAddress.getLoopbackAddress();
        }
    }

    /** The port that was asked for, found free where rank 0 is to listen on it here, or any free one. */
    public int choosePort() {
        if (nodeRank > 0) {
            return masterPort.getAsInt();
        }
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(addressHere(), masterPort.orElse(0)));
            return probe.getLocalPort();
        } catch (IOException e) {
            throw new InputException(
                    "port " + masterPort.orElse(0) + " of this machine cannot be opened (" + e.getMessage()
                            + "); give another port with --master-port, or leave it out to use any free one",
                    e);
        }
    }
}
