package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.JavaProcess;
import io.vit4j.ListeningSockets;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two machines, as network namespaces of Linux, with a stranger on the second. */
@Timeout(120)
class StrangerOnTheNetworkTest {
    private static final String FIRST = "10.213.77.1";
    private static final String SECOND = "10.213.77.2";
    private static final String FIRST_IN_HEX = "014DD50A";
    private static final String SECOND_IN_HEX = "024DD50A";
    private static final int PORT = 29500;

    private final long pid = ProcessHandle.current().pid();
    private final String firstMachine = "vit4j-a-" + pid;
    private final String secondMachine = "vit4j-b-" + pid;
    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void connectTwoMachines() throws Exception {
        assumeTrue(
                "root".equals(System.getProperty("user.name")) && ip("netns", "add", firstMachine),
                "skipped: network namespaces need Linux, the command ip, and root");
        String cable = "vit4j" + pid % 1_000_000;
        assertThat(ip("netns", "add", secondMachine)).isTrue();
        assertThat(ip("link", "add", cable + "a", "type", "veth", "peer", "name", cable + "b"))
                .isTrue();
        for (String[] end : new String[][] {
            {firstMachine, cable + "a", FIRST},
            {secondMachine, cable + "b", SECOND}
        }) {
            assertThat(ip("link", "set", end[1], "netns", end[0])).isTrue();
            assertThat(ip("-n", end[0], "address", "add", end[2] + "/24", "dev", end[1]))
                    .isTrue();
            assertThat(ip("-n", end[0], "link", "set", end[1], "up")).isTrue();
            assertThat(ip("-n", end[0], "link", "set", "lo", "up")).isTrue();
        }
    }

    @AfterEach
    void endAll() throws Exception {
        started.forEach(Process::destroyForcibly);
        for (Process process : started) {
            process.waitFor();
        }
        ip("netns", "delete", firstMachine);
        ip("netns", "delete", secondMachine);
    }

    private static boolean ip(String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false; // there is no such command
        }
    }

    private Process start(String machine, Class<?> main, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = JavaProcess.of(main, List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=off"));
        builder.command().addAll(0, List.of("ip", "netns", "exec", machine));
        builder.environment().putAll(environment);
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private static Map<String, String> rank(int rank) {
        return Map.of(
                "RANK",
                Integer.toString(rank),
                "WORLD_SIZE",
                "2",
                "MASTER_ADDR",
                FIRST,
                "MASTER_PORT",
                Integer.toString(PORT),
                "VIT4J_RENDEZVOUS_SECRET",
                "known to the ranks alone");
    }

    /** Crowds the port, asks without the secret, then tries the ports that it is told to. */
    static final class Stranger {
        private Stranger() {}

        public static void main(String[] arguments) throws Exception {
            List<Socket> silent = new ArrayList<>();
            while (silent.size() < 600) {
                Socket socket = new Socket();
                try {
                    socket.connect(new InetSocketAddress(FIRST, PORT), 1_000);
                    silent.add(socket);
                } catch (IOException e) {
                    Thread.sleep(20); // rank 0 has not come yet
                }
            }
            byte[] claim = new Hello(Hello.Use.STORE, 1, 2, "a stranger".repeat(8)).toBytes();
            int told = 0;
            for (byte[] said : List.of(claim, new byte[8 << 20])) {
                try (Socket socket = new Socket(FIRST, PORT)) {
                    socket.getInputStream().readNBytes(40); // a greeting and a random number
                    socket.getOutputStream().write(said);
                    told += socket.getInputStream().readAllBytes().length;
                } catch (SocketException e) {
                    // closed while it was talking
                }
            }
            System.out.println("told " + told);
            BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            for (String port = asked.readLine(); port != null; port = asked.readLine()) {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(FIRST, Integer.parseInt(port)), 5_000);
                    System.out.println("open");
                } catch (IOException e) {
                    System.out.println("closed");
                }
            }
        }
    }

    /** Both ranks of a job of one machine. */
    static final class OneMachine {
        private OneMachine() {}

        public static void main(String[] arguments) throws Exception {
            int port = Ranks.freePort();
            List<Thread> ranks = new ArrayList<>();
            for (int rank = 0; rank < 2; rank++) {
                RankEnvironment self = new RankEnvironment(rank, rank, 2, "127.0.0.1", port);
                Thread thread = new Thread(() -> {
                    Rendezvous.join(self, Duration.ofMinutes(1));
                    if (self.rank() == 0) {
                        System.out.println(port);
                    }
                });
                thread.start();
                ranks.add(thread);
            }
            System.in.read();
        }
    }

    private static String line(Process process) throws IOException {
        return process.inputReader(StandardCharsets.US_ASCII).readLine();
    }

    private static String ask(Process stranger, String port) throws IOException {
        stranger.outputWriter(StandardCharsets.US_ASCII)
                .append(port)
                .append('\n')
                .flush();
        return line(stranger);
    }

    private static List<String> addresses(Process process) throws IOException {
        return ListeningSockets.of(process.pid());
    }

    @Test
    void ranksOfTwoMachinesMeetAllTheSameAndOneMachineIsOutOfReach() throws Exception {
        Process first = start(firstMachine, RendezvousTest.SummingRank.class, rank(0));
        Process stranger = start(secondMachine, Stranger.class, Map.of());
        Process alone =
                start(firstMachine, OneMachine.class, Map.of("VIT4J_RENDEZVOUS_SECRET", "known to both ranks alone"));
        assertThat(line(stranger)).matches("told [012]"); // a no to each, unless the connection ended sooner
        Process second = start(secondMachine, RendezvousTest.SummingRank.class, rank(1));
        assertThat(line(first)).isEqualTo("ready");
        assertThat(line(second)).isEqualTo("ready");

        assertThat(addresses(first)).hasSizeGreaterThan(1).allMatch(at -> at.contains(FIRST_IN_HEX + ":"));
        assertThat(addresses(second)).isNotEmpty().allMatch(at -> at.contains(SECOND_IN_HEX + ":"));
        assertThat(ask(stranger, Integer.toString(PORT))).isEqualTo("open"); // so it would see others

        String port = line(alone);
        assertThat(addresses(alone)).isNotEmpty().allMatch(ListeningSockets::isLoopback);
        assertThat(ask(stranger, port)).isEqualTo("closed");
        assertThat(List.of(first, second, alone)).allMatch(Process::isAlive);
    }
}
