package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vit4j.base.InputException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RankNetworkTest {
    private static RankEnvironment rank(int rank, String master) {
        return new RankEnvironment(rank, 0, 2, master, 29500);
    }

    private static RankNetwork of(int rank, String master, String asked) {
        return RankNetwork.of(rank(rank, master), Optional.ofNullable(asked), Map.of());
    }

    /** An interface of this machine that others may reach, and its address. */
    private static Map.Entry<String, InetAddress> outward() throws SocketException {
        Optional<Map.Entry<String, InetAddress>> found = NetworkInterface.networkInterfaces()
                .flatMap(each -> each.inetAddresses().map(address -> Map.entry(each.getName(), address)))
                .filter(entry -> entry.getValue() instanceof Inet4Address
                        && !entry.getValue().isLoopbackAddress())
                .findFirst();
        assumeTrue(found.isPresent(), "skipped: this machine has no network interface but loopback");
        return found.get();
    }

    @Test
    void aJobOfOneMachineStaysOnLoopback() {
        for (String master : new String[] {"127.0.0.1", "localhost"}) {
            RankNetwork network = of(0, master, null);
            assertThat(network.isLocal()).isTrue();
            assertThat(network.own(network.first()).isLoopbackAddress()).isTrue();
        }
    }

    @Test
    void theNamedInterfaceIsTheOneThatIsUsed() throws Exception {
        Map.Entry<String, InetAddress> outward = outward();
        RankNetwork asked = of(0, "localhost", outward.getKey());
        assertThat(asked.first()).isEqualTo(outward.getValue());
        assertThat(asked.own(InetAddress.getLoopbackAddress())).isEqualTo(outward.getValue());
        RankNetwork fromEnvironment = RankNetwork.of(
                rank(0, "127.0.0.1"), Optional.empty(), Map.of("GLOO_SOCKET_IFNAME", outward.getKey() + ",other"));
        assertThat(fromEnvironment.first()).isEqualTo(outward.getValue());
        assertThat(of(1, "192.0.2.7", outward.getKey()).first()).hasToString("/192.0.2.7");
    }

    @Test
    void rankZeroListensNowhereElseThanWhereItIsCalled() {
        refused(0, "192.0.2.7", null, "192.0.2.7", "no address of this machine", "--interface");
        refused(0, "0.0.0.0", null, "no address of this machine");
        refused(1, "127.0.0.1", "no-such0", "--interface no-such0 is no network interface");
        refused(1, "no-such-host.invalid", null, "no-such-host.invalid is not a host known");
    }

    private static void refused(int rank, String master, String asked, String... saying) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> of(rank, master, asked))
                .satisfies(e -> assertThat(e.getMessage()).contains(saying));
    }

    @Test
    void ranksThatMeetOverANetworkNeedASecret() throws Exception {
        assumeTrue(
                System.getenv(RendezvousSecret.VARIABLE) == null,
                "skipped: " + RendezvousSecret.VARIABLE + " is set for this test");
        String address = outward().getValue().getHostAddress();
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> Rendezvous.join(rank(0, address), Duration.ofSeconds(1)))
                .withMessageContaining("need a secret")
                .withMessageContaining("--rendezvous-secret FILE")
                .withMessageContaining("VIT4J_RENDEZVOUS_SECRET");
    }
}
