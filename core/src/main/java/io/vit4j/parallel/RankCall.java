package io.vit4j.parallel;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Connects a rank to rank 0.
 *
 * @param self the rank
 * @param first rank 0's address
 * @param secret the job's
 * @param timeout how long to try, for messages
 * @param deadlineNanos until when to try
 */
record RankCall(
        RankEnvironment self, InetAddress first, RendezvousSecret secret, Duration timeout, long deadlineNanos) {
    private static final Duration ATTEMPT = Duration.ofSeconds(2);
    private static final Duration GREETING = Duration.ofSeconds(10);

    /** Enough for a refusal to arrive, so that the last attempt says the same as those before it. */
    private static final int LEAST_MILLIS = 200;

    /** An accepted connection, and what rank 0 calls itself. */
    record Connection(SealedChannel channel, String who) {}

    /** The same with more time. */
    RankCall until(long deadlineNanos) {
        return new RankCall(self, first, secret, timeout, deadlineNanos);
    }

    private String place() {
        return self.masterAddress() + ":" + self.masterPort();
    }

    /**
     * Tries until the deadline.
     *
     * @param hint what else may be wrong
     * @throws InputException if rank 0 does not come, does not know the secret, or refuses this rank
     */
    Connection open(Hello.Use use, Supplier<String> hint) {
        while (true) {
            Socket socket = new Socket();
            boolean reached = false;
            boolean accepted = false;
            try {
                connect(socket);
                reached = true;
                Connection connection = greet(socket, use);
                accepted = true;
                return connection;
            } catch (SealedChannel.WrongSecretException e) {
                throw new InputException(
                        "what listens at " + place() + " does not share this rank's secret: " + e.getMessage()
                                + "; give all ranks the same with --rendezvous-secret or " + RendezvousSecret.VARIABLE,
                        e);
            } catch (IOException e) {
                if (System.nanoTime() - deadlineNanos > 0) {
                    throw reached ? isNoStore(e) : didNotAppear(e, hint.get());
                }
            } finally {
                if (!accepted) {
                    close(socket);
                }
            }
            RankStore.sleep();
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone already
        }
    }

    private InputException didNotAppear(IOException e, String hint) {
        return new InputException(
                "rank 0 did not appear at " + place() + " within " + timeout.toSeconds() + " s ("
                        + (e instanceof ConnectException ? "nothing listens there" : IoReason.of(e))
                        + "); start it, or correct MASTER_ADDR and MASTER_PORT" + hint,
                e);
    }

    private InputException isNoStore(IOException e) {
        return new InputException(
                "the ranks' store at " + place() + " cannot be reached within " + timeout.toSeconds() + " s ("
                        + e.getMessage() + "); is something else using that port, or another version of vit4j?",
                e);
    }

    private void connect(Socket socket) throws IOException {
        long left = Math.min(ATTEMPT.toNanos(), deadlineNanos - System.nanoTime());
        socket.connect(new InetSocketAddress(first, self.masterPort()), (int) Math.max(LEAST_MILLIS, left / 1_000_000));
    }

    private Connection greet(Socket socket, Hello.Use use) throws IOException {
        long until = Math.min(GREETING.toNanos(), deadlineNanos - System.nanoTime()) + System.nanoTime();
        SealedChannel channel =
                SealedChannel.connect(socket, secret, RankServer.longestMessage(self.worldSize()), until);
        channel.send(new Hello(use, self.rank(), self.worldSize(), Hello.whoIAm()).toBytes());
        Hello.Answer answer = Hello.Answer.ofBytes(channel.receive(() -> {
            if (System.nanoTime() - until > 0) {
                throw new IOException("it is silent");
            }
        }));
        if (!answer.accepted()) {
            throw new InputException(answer.text());
        }
        return new Connection(channel, answer.text());
    }
}
