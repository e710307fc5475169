package io.vit4j.dicom.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.CommitmentReport;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Results stay in the queue until the destination reports that it keeps them: by itself, and with Orthanc. */
@Timeout(120)
class DicomCommitmentTest {
    private static final String TITLE = "VIT4J";

    @TempDir
    Path folder;

    private static Attributes report(int number) {
        return StructuredReport.of(
                SourceImage.of(TestImages.chest(number).file(), "an image"),
                1,
                new Algorithm("model", "0011223344556677", "test", List.of()),
                FindingCodes.builtIn(),
                List.of(new ResultFinding("Effusion", 0.5, true, OptionalDouble.of(0.25))),
                ZonedDateTime.now());
    }

    private long files(String below) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("queue").resolve(below))) {
            return files.filter(file -> file.toString().endsWith(".dcm")).count();
        }
    }

    private String orthancKnows(int port) {
        return """
                , "DicomModalities": {"node": ["%s", "127.0.0.1", %d]}""".formatted(TITLE, port);
    }

    /** Receives reports alone. */
    private record Reports(BlockingQueue<CommitmentReport> all) implements InstanceReceiver {
        @Override
        public void receive(SourceImage header, byte[] file) {
            throw new AssertionError("nothing is sent");
        }

        @Override
        public void committed(CommitmentReport report) {
            all.add(report);
        }
    }

    @Test
    void orthancReportsWhatItKeepsAndWhatItDoesNot() throws Exception {
        Reports reports = new Reports(new ArrayBlockingQueue<>(10));
        try (StorageServer server = StorageServer.start(StorageServer.Settings.of(TITLE, 0), reports);
                OrthancServer orthanc = new OrthancServer(folder, orthancKnows(server.port()))) {
            StoredFile stored = StoredFile.of(report(1).file());
            StoredFile never = StoredFile.of(report(2).file());
            try (StorageClient client = StorageClient.open(
                    new DicomPeer("ORTHANC", "localhost", orthanc.dicomPort),
                    TITLE,
                    List.of(StructuredReport.SOP_CLASS, Dimse.COMMITMENT),
                    Optional.empty(),
                    report -> {})) {
                assertThat(client.store(stored)).isZero();
                assertThat(client.offersCommitment()).isTrue();
                assertThat(client.commit(List.of(stored, never))).isZero();
            }
            CommitmentReport report = reports.all().poll(60, TimeUnit.SECONDS);
            assertThat(report.kept()).containsExactly(stored.sopInstance());
            assertThat(report.failed()).isEqualTo(Map.of(never.sopInstance(), 0x0112)); // no such instance
        }
    }

    @Test
    void aResultStaysUntilOrthancKeepsIt() throws Exception {
        int port = OrthancServer.freePort();
        try (OrthancServer orthanc = new OrthancServer(folder, orthancKnows(port))) {
            Destination destination = new StoreDestination(
                    new DicomPeer("ORTHANC", "localhost", orthanc.dicomPort), TITLE, Optional.empty());
            byte[] image = TestImages.chest(1).file();
            try (DicomNode node = DicomNode.start(
                    folder.resolve("queue"), Set.of("CR"), 1, (header, file) -> List.of(report(1)), destination)) {
                node.receive(SourceImage.of(image, "an image"), image);
                for (int i = 0; i < 1000 && files("awaited") == 0; i++) {
                    Thread.sleep(20);
                }
                assertThat(files("awaited")).isEqualTo(1); // nobody listens for Orthanc's report
                assertThat(node.counts().sent()).isZero();
            }
            try (DicomNode node = DicomNode.start(
                            folder.resolve("queue"), Set.of("CR"), 1, (header, file) -> List.of(), destination);
                    StorageServer server = StorageServer.start(StorageServer.Settings.of(TITLE, port), node)) {
                for (int i = 0; i < 1000 && node.counts().sent() == 0; i++) {
                    Thread.sleep(20);
                }
                assertThat(node.counts().sent()).isEqualTo(1);
            }
        }
        assertThat(files("awaited")).isZero();
        assertThat(files("outgoing")).isZero();
    }

    /** On whichever association a peer reports, the result is kept, the report is answered, and the association released. */
    @ParameterizedTest
    @EnumSource
    void aReportMayComeOnTheAssociationOnWhichItWasAskedForOrOnAnother(CommittingPeer.Way way) throws Exception {
        int port = OrthancServer.freePort();
        byte[] image = TestImages.chest(1).file();
        try (CommittingPeer peer = new CommittingPeer(way, port);
                DicomNode node = DicomNode.start(
                        folder.resolve("queue"),
                        Set.of("CR"),
                        1,
                        (header, file) -> List.of(report(1), report(2)),
                        new StoreDestination(peer.address(), TITLE, Optional.empty()));
                StorageServer server = StorageServer.start(StorageServer.Settings.of(TITLE, port), node)) {
            node.receive(SourceImage.of(image, "an image"), image);
            for (int i = 0; i < 1000 && (node.counts().sent() < 2 || !peer.events.contains("released")); i++) {
                Thread.sleep(20);
            }
            assertThat(node.counts().sent()).isEqualTo(2);
            assertThat(peer.stored).hasValue(2);
            boolean isItsOwn = way == CommittingPeer.Way.ON_AN_ASSOCIATION_OF_ITS_OWN;
            assertThat(peer.events)
                    .containsExactly(
                            "reported",
                            "answered with 0 on " + (isItsOwn ? "its own association" : "the same association"),
                            "released");
        }
        assertThat(files("awaited")).isZero();
        assertThat(files("outgoing")).isZero();
    }

    private static CommitmentReport kept(String instance) {
        return new CommitmentReport(List.of(instance), Map.of());
    }

    private static CommitmentReport notKept(String instance) {
        return new CommitmentReport(List.of(), Map.of(instance, 0x0213));
    }

    @Test
    void aReportMayComeBeforeTheAssociationInWhichItWasAskedForEnds() throws IOException {
        try (InstanceQueue queue = new InstanceQueue(folder.resolve("queue"))) {
            Commitments commitments = new Commitments(queue, 60_000);
            commitments.reported(kept("1.2.1"));
            commitments.asked(queue.keepResult("1.2.1", new byte[0]));
            commitments.asked(queue.keepResult("1.2.2", new byte[0]));
            assertThat(commitments.kept()).isEqualTo(1);
            assertThat(files("awaited")).isEqualTo(1);
            commitments.reported(kept("1.2.2"));
            assertThat(commitments.kept()).isEqualTo(2);
            assertThat(commitments.isEmpty()).isTrue();
        }
        assertThat(files("awaited")).isZero();
    }

    @Test
    void whatIsNotKeptIsSentAgainAndAtLastPutAside() throws IOException {
        try (InstanceQueue queue = new InstanceQueue(folder.resolve("queue"))) {
            Commitments commitments = new Commitments(queue, 60_000);
            Path result = queue.keepResult("1.2.1", new byte[0]);
            for (int i = 1; i <= 2; i++) {
                commitments.asked(result);
                assertThat(commitments.reported(notKept("1.2.1"))).isTrue();
                assertThat(queue.results()).containsExactly(result);
            }
            commitments.asked(result);
            assertThat(commitments.reported(notKept("1.2.1"))).isFalse();
            assertThat(commitments.failed()).isEqualTo(1);
            assertThat(commitments.retried()).isEqualTo(2);
        }
        assertThat(files("failed")).isEqualTo(1);
    }

    @Test
    void whatIsNotReportedIsSentAgainAndAtLastCountsAsStored() throws IOException {
        try (InstanceQueue queue = new InstanceQueue(folder.resolve("queue"))) {
            Path result = queue.keepResult("1.2.1", new byte[0]);
            Commitments patient = new Commitments(queue, 60_000);
            patient.asked(result);
            assertThat(patient.expire()).isFalse();
            assertThat(queue.results()).isEmpty();
            Commitments commitments = new Commitments(queue, 0);
            assertThat(queue.results()).as("asked for again after a start").containsExactly(result);
            commitments.asked(result);
            for (int i = 1; i <= 2; i++) {
                assertThat(commitments.expire()).isTrue();
                assertThat(queue.results()).containsExactly(result);
                commitments.asked(result);
            }
            assertThat(commitments.expire()).isFalse();
            assertThat(commitments.kept()).isEqualTo(1);
        }
        assertThat(files("awaited")).isZero();
        assertThat(files("failed")).isZero();
    }
}
