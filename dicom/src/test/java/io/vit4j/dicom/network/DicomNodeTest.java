package io.vit4j.dicom.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.DebianTool;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.StoredFile;
import io.vit4j.dicom.TestImages;
import io.vit4j.dicom.result.Algorithm;
import io.vit4j.dicom.result.FindingCodes;
import io.vit4j.dicom.result.ResultFinding;
import io.vit4j.dicom.result.StructuredReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node between peers: this program's own, and dcmtk's where it is installed. */
@Timeout(120)
class DicomNodeTest {
    private static final String TITLE = "VIT4J";
    private static final String SENDER = "MODALITY";
    private static final Algorithm ALGORITHM = new Algorithm("model", "0011223344556677", "test", List.of());

    @TempDir
    Path folder;

    /** Keeps what it is sent, by instance; how often each came, too. */
    private static final class Archive implements Destination {
        final Map<String, AtomicInteger> instances = new ConcurrentHashMap<>();
        final AtomicInteger associations = new AtomicInteger();
        volatile boolean reachable = true;
        volatile Outcome outcome = Outcome.STORED;

        @Override
        public List<Outcome> send(List<StoredFile> files) throws IOException {
            associations.incrementAndGet();
            if (!reachable) {
                throw new IOException("nobody there");
            }
            if (outcome.kind() == Outcome.Kind.STORED) {
                files.forEach(file -> instances
                        .computeIfAbsent(file.sopInstance(), uid -> new AtomicInteger())
                        .incrementAndGet());
            }
            return Collections.nCopies(files.size(), outcome);
        }
    }

    private static List<Attributes> report(SourceImage header, byte[] file) {
        if (header.integer("Rows") != 4) {
            throw new InputException("it is of another size");
        }
        return List.of(StructuredReport.of(
                header,
                1,
                ALGORITHM,
                FindingCodes.builtIn(),
                List.of(new ResultFinding("Effusion", 0.5, true, java.util.OptionalDouble.of(0.25))),
                ZonedDateTime.now()));
    }

    private DicomNode node(Destination destination) {
        return DicomNode.start(folder.resolve("queue"), Set.of("CR", "DX"), 2, DicomNodeTest::report, destination);
    }

    private static StorageServer server(DicomNode node) {
        return StorageServer.start(StorageServer.Settings.of(TITLE, 0), node);
    }

    private static Destination.Outcome send(int port, String calledTitle, Attributes... images) throws IOException {
        List<StoredFile> files =
                Stream.of(images).map(image -> StoredFile.of(image.file())).toList();
        return new StoreDestination(new DicomPeer(calledTitle, "localhost", port), SENDER, Optional.empty())
                .send(files)
                .get(files.size() - 1);
    }

    private static void await(BooleanSupplier reached) throws InterruptedException {
        for (int i = 0; i < 1000 && !reached.getAsBoolean(); i++) {
            Thread.sleep(20);
        }
        assertThat(reached.getAsBoolean()).isTrue();
    }

    private long inQueue() throws IOException {
        try (Stream<Path> all = Files.walk(folder.resolve("queue"))) {
            return all.filter(file -> file.toString().endsWith(".dcm")).count();
        }
    }

    @Test
    void everyImageHasOneReportHoweverOftenTheNodeStops() throws Exception {
        Archive archive = new Archive();
        int images = 40;
        for (int start = 0; start < 4; start++) {
            archive.reachable = start % 2 == 1; // every other time nobody is there
            try (DicomNode node = node(archive);
                    StorageServer server = server(node)) {
                List<Thread> senders = new ArrayList<>();
                for (int sender = 0; sender < 2; sender++) {
                    int from = start * 10 + sender * 5;
                    Thread thread =
                            new Thread(() -> IntStream.range(from, from + 5).forEach(i -> {
                                try {
                                    assertThat(send(server.port(), TITLE, TestImages.chest(i)))
                                            .isEqualTo(Destination.Outcome.STORED);
                                } catch (IOException e) {
                                    throw new AssertionError(e);
                                }
                            }));
                    thread.start();
                    senders.add(thread);
                }
                for (Thread sender : senders) {
                    sender.join();
                }
            }
        }
        archive.reachable = true;
        try (DicomNode node = node(archive)) {
            await(() -> archive.instances.size() == images);
            await(() -> {
                try {
                    return inQueue() == 0;
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            assertThat(node.counts().failed()).isZero();
        }
        assertThat(archive.instances.keySet())
                .containsExactlyInAnyOrderElementsOf(IntStream.range(0, images)
                        .mapToObj(i -> StructuredReport.instance(
                                SourceImage.of(TestImages.chest(i).file(), "x"), 1, ALGORITHM))
                        .toList());
    }

    @Test
    void reportsThatComeOneUponAnotherAreSentTogether() throws Exception {
        Archive archive = new Archive();
        int images = 30;
        try (DicomNode node = node(archive);
                StorageServer server = server(node)) {
            for (int i = 0; i < images; i++) { // an association each, as from many modalities
                send(server.port(), TITLE, TestImages.chest(i));
            }
            await(() -> archive.instances.size() == images);
            assertThat(archive.associations.get()).isLessThanOrEqualTo(images / 2);
        }
    }

    @Test
    void othersAreLetGoUnreadableOnesAndRefusedReportsAreKept() throws Exception {
        Archive archive = new Archive();
        archive.outcome = Destination.Outcome.refused("as the test wants");
        try (DicomNode node = node(archive);
                StorageServer server = server(node)) {
            send(server.port(), TITLE, TestImages.chest(1).with("Modality", "MG"));
            send(server.port(), TITLE, TestImages.chest(2).with("Rows", 3));
            send(server.port(), TITLE, TestImages.chest(3));
            await(() -> node.counts().failed() == 1 && node.counts().refused() == 1);
            DicomNode.Counts counts = node.counts();
            assertThat(counts.received()).isEqualTo(2);
            assertThat(counts.others()).isEqualTo(1);
            assertThat(counts.classified()).isEqualTo(1);
            assertThat(archive.instances).isEmpty();
        }
        try (Stream<Path> refused = Files.list(folder.resolve("queue/refused"))) {
            assertThat(refused)
                    .hasSize(1)
                    .allMatch(file -> InstanceQueue.instance(file)
                            .equals(TestImages.chest(2).text("SOPInstanceUID")));
        }
        try (Stream<Path> failed = Files.list(folder.resolve("queue/failed"))) {
            assertThat(failed).hasSize(1);
        }
    }

    @Test
    void aTitleThatIsNotMeantAndACallerThatIsNotAllowedAreRejected() throws Exception {
        StorageServer.Settings settings = StorageServer.Settings.of(TITLE, 0).withCallers(Set.of("PACS"));
        try (StorageServer server = StorageServer.start(settings, (header, file) -> {})) {
            assertThatThrownBy(() -> send(server.port(), "OTHER", TestImages.chest(1)))
                    .hasMessageContaining("rejects the association (it has another title)");
            assertThatThrownBy(() -> send(server.port(), TITLE, TestImages.chest(1)))
                    .hasMessageContaining("rejects the association (it does not know the calling title)");
        }
    }

    @Test
    void anInstanceThatIsNotWhatTheCommandSaysIsNotTaken() throws Exception {
        List<String> taken = Collections.synchronizedList(new ArrayList<>());
        try (StorageServer server = StorageServer.start(
                StorageServer.Settings.of(TITLE, 0), (header, file) -> taken.add(header.text("SOPInstanceUID")))) {
            StoredFile one = StoredFile.of(TestImages.chest(1).file());
            StoredFile other =
                    new StoredFile(one.sopClass(), one.sopInstance() + ".1", one.transferSyntax(), one.dataSet());
            DicomPeer peer = new DicomPeer(TITLE, "localhost", server.port());
            try (StorageClient client =
                    StorageClient.open(peer, SENDER, List.of(one.sopClass()), Optional.empty(), report -> {})) {
                assertThat(client.store(other)).isEqualTo(Dimse.DATA_SET_DOES_NOT_MATCH);
                assertThat(client.store(new StoredFile(one.sopClass(), "../../x", one.transferSyntax(), one.dataSet())))
                        .isEqualTo(Dimse.CANNOT_UNDERSTAND);
                assertThat(client.store(one)).isZero();
            }
            assertThat(taken).containsExactly(one.sopInstance());
        }
    }

    @Test
    void aQueueBelongsToOneProgram() {
        try (DicomNode node = node(new Archive())) {
            assertThat(node.counts().received()).isZero();
            assertThatThrownBy(() -> node(new Archive()))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("is the queue of another vit4j");
        }
    }

    @Test
    void dcmtkEchoesAndStoresInEverySyntaxThatItWrites() throws Exception {
        DebianTool.assumeInstalled("storescu", "dcmtk");
        Archive archive = new Archive();
        Path image = Files.write(folder.resolve("1.dcm"), TestImages.chest(1).file());
        Path lossless = folder.resolve("2.dcm");
        Files.write(folder.resolve("plain.dcm"), TestImages.chest(2).file());
        assertThat(DebianTool.run("dcmcjpls", folder.resolve("plain.dcm"), lossless)
                        .exitCode())
                .isZero();
        try (DicomNode node = node(archive);
                StorageServer server = server(node)) {
            DebianTool.Said echo = DebianTool.run("echoscu", "-aec", TITLE, "localhost", server.port());
            assertThat(echo.exitCode()).as(echo.output()).isZero();
            for (List<Object> arguments : List.<List<Object>>of(
                    List.of("-xi", image),
                    List.of("-xe", image),
                    List.of("-xb", image),
                    List.of("-xt", lossless),
                    List.of("-pdu", 4096, image))) {
                List<Object> line = new ArrayList<>(List.of("-aec", TITLE));
                line.addAll(arguments.subList(0, arguments.size() - 1));
                line.addAll(List.of("localhost", server.port(), arguments.get(arguments.size() - 1)));
                DebianTool.Said said = DebianTool.run("storescu", line.toArray());
                assertThat(said.exitCode()).as(arguments + ": " + said.output()).isZero();
            }
            await(() -> archive.instances.size() == 2);
            assertThat(DebianTool.run("echoscu", "-aec", "OTHER", "localhost", server.port())
                            .exitCode())
                    .isNotZero();
        }
    }

    @Test
    void dcmtkReceivesReports() throws Exception {
        DebianTool.assumeInstalled("storescp", "dcmtk");
        Path received = Files.createDirectory(folder.resolve("received"));
        int port = freePort();
        Process archive = new ProcessBuilder(
                        DebianTool.path("storescp").orElseThrow().toString(),
                        "+xi", // accepts implicit little endian alone
                        "-od",
                        received.toString(),
                        String.valueOf(port))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("storescp.log").toFile())
                .start();
        try (DicomNode node = node(
                        new StoreDestination(new DicomPeer("ARCHIVE", "localhost", port), TITLE, Optional.empty()));
                StorageServer server = server(node)) {
            send(server.port(), TITLE, TestImages.chest(1), TestImages.chest(2));
            await(() -> node.counts().sent() == 2);
        } finally {
            archive.destroy();
        }
        try (Stream<Path> files = Files.list(received)) {
            List<Path> all = files.toList();
            assertThat(all).hasSize(2);
            assertThat(DebianTool.run("dsrdump", all.get(0)).output()).contains("Pleural effusion");
        }
    }

    private static int freePort() throws IOException {
        try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
