package io.vit4j.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.ListeningSockets;
import io.vit4j.torch.Scope;
import io.vit4j.torch.TorchRuntime;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** c10d's client against the ranks' store, compared with the same client against c10d's own server. */
@Timeout(120)
class C10dStoreTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @BeforeAll
    static void load() {
        TorchRuntime.load();
    }

    private static List<String> answers(Store store) {
        List<String> answers = new ArrayList<>();
        Function<String, Boolean> has = key -> store.check(new StringVector(key));
        answers.add("check " + has.apply("a"));
        store.set("a", "1");
        answers.add("get " + store.get_to_str("a"));
        answers.add("check " + has.apply("a"));
        answers.add("check two " + store.check(new StringVector("a", "b")));
        answers.add("add " + store.add("a", 41) + " " + store.get_to_str("a"));
        answers.add("add new " + store.add("n", -3) + " " + store.get_to_str("n"));
        answers.add("compare, none, empty " + store.compareSet("c", "", "first") + " " + store.get_to_str("c"));
        answers.add("compare, same " + store.compareSet("c", "first", "second") + " " + store.get_to_str("c"));
        answers.add("compare, other " + store.compareSet("c", "first", "third") + " " + store.get_to_str("c"));
        answers.add("compare, none, some " + store.compareSet("d", "some", "third") + " " + has.apply("d"));
        answers.add("delete " + store.deleteKey("a") + store.deleteKey("a") + has.apply("a"));
        store._wait(new StringVector("c", "n"));
        store.set("empty", "");
        answers.add("empty '" + store.get_to_str("empty") + "'");
        store.set("bytes", "\u00e9\u20ac");
        answers.add("bytes " + store.get_to_str("bytes"));
        answers.add("extended " + store.hasExtendedApi());
        try {
            store._wait(new StringVector("never"), new Milliseconds(100));
            answers.add("waited");
        } catch (RuntimeException e) {
            answers.add("wait timeout " + e.getMessage().contains("wait timeout"));
        }
        answers.add("after it " + store.get_to_str("c"));
        return answers;
    }

    @Test
    void itAnswersAsC10dsOwnServer() throws Exception {
        RendezvousSecret secret = RendezvousSecret.random();
        InetAddress here = InetAddress.getLoopbackAddress();
        List<String> ours;
        try (RankServer server = RankServer.open(here, 0, secret, 1, "here")) {
            C10dStore bridge = bridge(server, secret);
            ours = answers(bridge.under("group"));
            assertThat(listeners()).as("it listens no longer").isEqualTo(1); // rank 0's own
            bridge.close();
        }
        List<String> theirs;
        try (Scope scope = new Scope()) {
            TCPStore store = new TCPStore(
                    "127.0.0.1",
                    new TCPStoreOptions().port((short) 0).isServer(true).waitWorkers(false));
            store.deallocate(false);
            theirs = answers(new PrefixStore("group", store));
        }
        assertThat(ours).isEqualTo(theirs).hasSizeGreaterThan(15);
    }

    private static C10dStore bridge(RankServer server, RendezvousSecret secret) throws Exception {
        RankEnvironment self = new RankEnvironment(0, 0, 1, "127.0.0.1", server.port());
        SealedChannel channel = new RankCall(
                        self,
                        InetAddress.getLoopbackAddress(),
                        secret,
                        PATIENCE,
                        System.nanoTime() + PATIENCE.toNanos())
                .open(Hello.Use.C10D, () -> "")
                .channel();
        return new C10dStore(new RankStore(channel, "here", Optional::empty), 1, PATIENCE);
    }

    /** Sockets of this process that listen; 1 where there is no way to know. */
    private static long listeners() throws Exception {
        Path files = Path.of("/proc/self/fd");
        if (!Files.isDirectory(files)) {
            return 1;
        }
        return ListeningSockets.of(ProcessHandle.current().pid()).size();
    }

    @Test
    void whatIsTooLargeEndsTheClient() throws Exception {
        RendezvousSecret secret = RendezvousSecret.random();
        try (RankServer server = RankServer.open(InetAddress.getLoopbackAddress(), 0, secret, 1, "here")) {
            C10dStore bridge = bridge(server, secret);
            Store store = bridge.under("group");
            assertThatThrownBy(() -> {
                        store.set("large", "x".repeat(8 << 20));
                        store.add("after", 1);
                    })
                    .isInstanceOf(RuntimeException.class);
            bridge.close();
        }
    }
}
