package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class HeartbeatTest {
    private static final int RANKS = 24;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    /** Ranks end as soon as they hear of a death, each before all others have heard: their ends are not taken for its cause. */
    @Test
    void theFirstDeathIsTheOneThatIsNamed() throws Exception {
        RendezvousSecret secret = RendezvousSecret.random();
        for (int round = 0; round < 20; round++) {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            try (RankServer server =
                    RankServer.open(InetAddress.getLoopbackAddress(), 0, secret, RANKS, "127.0.0.1:0")) {
                CompletableFuture<Heartbeat> accepted = CompletableFuture.supplyAsync(() -> {
                    try {
                        return Heartbeat.host(server, RANKS, deadline);
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
                List<SealedChannel> ranks = new ArrayList<>();
                for (int rank = 1; rank < RANKS; rank++) {
                    RankEnvironment self = new RankEnvironment(rank, rank, RANKS, "127.0.0.1", server.port());
                    ranks.add(new RankCall(self, InetAddress.getLoopbackAddress(), secret, PATIENCE, deadline)
                            .open(Hello.Use.HEARTBEAT, () -> "")
                            .channel());
                }
                try (Heartbeat heartbeat = accepted.join()) {
                    for (SealedChannel rank : ranks.subList(1, ranks.size())) {
                        Thread thread = new Thread(() -> endOnceTold(rank));
                        thread.setDaemon(true);
                        thread.start();
                    }
                    ranks.get(0).close();
                    while (heartbeat.fault().isEmpty() && System.nanoTime() < deadline) {
                        Thread.sleep(1);
                    }
                    assertThat(heartbeat.fault())
                            .as("round %d", round)
                            .hasValueSatisfying(fault -> assertThat(fault).startsWith("rank 1 ("));
                } finally {
                    ranks.forEach(SealedChannel::close);
                }
            }
        }
    }

    private static void endOnceTold(SealedChannel rank) {
        try (rank) {
            while (Heartbeat.Word.ofBytes(rank.receive(() -> {})).kind() != 'f') {
                // it is alive
            }
        } catch (IOException e) {
            // it is at its end all the same
        }
    }
}
