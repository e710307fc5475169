package io.vit4j.cli.plan;

import io.vit4j.parallel.RankEnvironment;
import io.vit4j.parallel.Rendezvous;
import io.vit4j.parallel.RendezvousSecret;
import io.vit4j.parallel.RendezvousSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** Several ranks of a job within this process, a thread each, for measurements. */
final class RanksHere {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private RanksHere() {}

    /** What each rank has returned; the first failure is thrown. */
    static <T> List<T> run(int ranks, Function<Rendezvous, T> work) {
        int port = freePort();
        RendezvousSettings settings = RendezvousSettings.within(PATIENCE).withSecret(RendezvousSecret.random());
        return SideBySide.run(ranks, rank -> {
            RankEnvironment self = new RankEnvironment(rank, rank, ranks, "127.0.0.1", port);
            try (Rendezvous rendezvous = Rendezvous.join(self, settings)) {
                return work.apply(rendezvous);
            }
        });
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException("no port can be opened", e);
        }
    }
}
