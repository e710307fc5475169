package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class HeartbeatTest {
    private static final int MAGIC = 0x76347262;
    private static final int RANKS = 24;

    /** Ranks end as soon as they hear of a death, each before all others have heard: their ends are not taken for its cause. */
    @Test
    void theFirstDeathIsTheOneThatIsNamed() throws Exception {
        for (int round = 0; round < 20; round++) {
            long deadline = System.nanoTime() + Duration.ofSeconds(120).toNanos();
            try (Heartbeat.Host host = new Heartbeat.Host()) {
                CompletableFuture<Heartbeat> accepted = CompletableFuture.supplyAsync(() -> {
                    try {
                        return host.accept(RANKS, deadline);
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
                List<Socket> sockets = new ArrayList<>();
                for (int rank = 1; rank < RANKS; rank++) {
                    sockets.add(greet(host.port(), rank));
                }
                try (Heartbeat heartbeat = accepted.join()) {
                    for (Socket socket : sockets.subList(1, sockets.size())) {
                        Thread thread = new Thread(() -> endOnceTold(socket));
                        thread.setDaemon(true);
                        thread.start();
                    }
                    sockets.get(0).close();
                    while (heartbeat.fault().isEmpty() && System.nanoTime() < deadline) {
                        Thread.sleep(1);
                    }
                    assertThat(heartbeat.fault())
                            .as("round %d", round)
                            .hasValueSatisfying(fault -> assertThat(fault).startsWith("rank 1 ("));
                } finally {
                    for (Socket socket : sockets) {
                        socket.close();
                    }
                }
            }
        }
    }

    private static Socket greet(int port, int rank) throws IOException {
        Socket socket = new Socket("127.0.0.1", port);
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        out.writeInt(MAGIC);
        out.writeInt(rank);
        out.writeUTF("a test");
        new DataInputStream(socket.getInputStream()).readUTF();
        return socket;
    }

    private static void endOnceTold(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            while (in.readByte() != 'f') {
                in.readUTF();
            }
        } catch (IOException e) {
            // it is at its end all the same
        }
    }
}
