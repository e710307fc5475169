package io.vit4j.dicom.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.FileOperations;
import io.vit4j.base.InputException;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.StoredFile;
import io.vit4j.dicom.TestImages;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a node does when something goes wrong: it goes on, and loses nothing. */
@Timeout(60)
class DicomNodeFaultsTest {
    @TempDir
    Path folder;

    /** Takes all, but for what a test says; keeps the comments of what it has taken, in order. */
    private static final class Archive implements Destination {
        final List<String> taken = Collections.synchronizedList(new ArrayList<>());
        volatile String later = "none";
        volatile String breaksOff = "none";

        @Override
        public List<Outcome> send(List<StoredFile> files) {
            List<Outcome> outcomes = new ArrayList<>();
            for (StoredFile file : files) {
                String comment = SourceImage.of(file.file(), "a result").text("ImageComments");
                if (comment.equals(breaksOff)) {
                    outcomes.add(Outcome.later("broken off"));
                    return outcomes;
                }
                boolean isTaken = !comment.equals(later);
                outcomes.add(isTaken ? Outcome.STORED : Outcome.later("as the test wants"));
                if (isTaken) {
                    taken.add(comment);
                }
            }
            return outcomes;
        }
    }

    private final Archive archive = new Archive();

    /** A result that says which image it is of; the same image has the same instance. */
    private static List<Attributes> result(SourceImage header) {
        String number = header.text("SOPInstanceUID").replaceAll(".*\\.", "");
        return List.of(TestImages.chest(1)
                .with("SOPInstanceUID", "1.2.3." + number)
                .with("ImageComments", number + "/" + header.text("StudyDescription")));
    }

    private static byte[] image(int number, String description) {
        return TestImages.chest(number).with("StudyDescription", description).file();
    }

    private static void receive(DicomNode node, byte[] image) {
        node.receive(SourceImage.of(image, "an image"), image);
    }

    private DicomNode node(InstanceClassifier classifier) {
        return node(classifier, DurableFiles.SYSTEM);
    }

    private DicomNode node(InstanceClassifier classifier, DurableFiles files) {
        DicomNode node = new DicomNode(new InstanceQueue(folder, files), Set.of("cr"), classifier, archive, 20);
        node.begin(2);
        return node;
    }

    private static void await(BooleanSupplier reached) throws InterruptedException {
        for (int i = 0; i < 1000 && !reached.getAsBoolean(); i++) {
            Thread.sleep(20);
        }
        assertThat(reached.getAsBoolean()).isTrue();
    }

    private List<Path> files(String below) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve(below))) {
            return files.filter(file -> file.toString().endsWith(".dcm")).toList();
        }
    }

    @Test
    void anInstanceThatComesAgainWhileItIsWorkedOnIsNotLost() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (DicomNode node = node((header, file) -> {
            if (header.text("StudyDescription").equals("first")) {
                begun.countDown();
                await(goOn);
            }
            return result(header);
        })) {
            receive(node, image(1, "first"));
            begun.await();
            receive(node, image(1, "second"));
            assertThat(files("incoming")).hasSize(2);
            Thread.sleep(100); // the other worker must leave it alone
            assertThat(archive.taken).isEmpty();
            goOn.countDown();
            await(() -> archive.taken.contains("1/second"));
            await(() -> node.counts().classified() == 2);
            assertThat(archive.taken.get(archive.taken.size() - 1)).isEqualTo("1/second");
        }
        assertThat(files("incoming")).isEmpty();
        assertThat(files("outgoing")).isEmpty();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void ofResultsThatWereMadeTwiceTheLastIsSent() throws Exception {
        try (InstanceQueue queue = new InstanceQueue(folder)) {
            for (String description : List.of("first", "second")) {
                Attributes result = result(SourceImage.of(image(1, description), "an image"))
                        .get(0);
                queue.keepResult("1.2.3.1", result.file());
            }
        }
        try (DicomNode node = node((header, file) -> result(header))) {
            await(() -> node.counts().sent() == 1);
        }
        assertThat(archive.taken).containsExactly("1/second");
        assertThat(files("outgoing")).isEmpty();
    }

    @Test
    void numbersOfArrivalsGrowOverAllStarts() throws Exception {
        List<Path> all = new ArrayList<>();
        for (int start = 0; start < 3; start++) {
            try (InstanceQueue queue = new InstanceQueue(folder)) {
                all.add(queue.keepImage("1.2", new byte[0]));
                Path ahead = queue.keepImage("1.2", new byte[0]);
                all.add(Files.move(
                        ahead, folder.resolve("incoming/1.2-7" + start + "00000000000000.dcm"))); // a clock set back
            }
        }
        try (InstanceQueue queue = new InstanceQueue(folder)) {
            all.add(queue.keepImage("1.2", new byte[0]));
            assertThat(queue.images().get(6)).isEqualTo(all.get(6));
        }
    }

    @Test
    void errorsDoNotEndTheNode() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (DicomNode node = node((header, file) -> {
            if (header.text("StudyDescription").equals("always")) {
                throw new StackOverflowError("as the test wants");
            }
            if (asked.getAndIncrement() < 2) {
                throw new OutOfMemoryError("as the test wants");
            }
            return result(header);
        })) {
            receive(node, image(1, "always"));
            receive(node, image(2, "twice"));
            receive(node, image(3, ""));
            await(() -> archive.taken.size() == 2 && node.counts().refused() == 1);
        }
        assertThat(archive.taken).containsExactlyInAnyOrder("2/twice", "3/");
        assertThat(files("refused")).hasSize(1);
    }

    @Test
    void oneResultThatIsNotTakenDoesNotKeepTheOthersFromTheirWay() throws Exception {
        archive.later = "1/";
        archive.breaksOff = "2/";
        try (DicomNode node = node((header, file) -> result(header))) {
            for (int number = 1; number <= 4; number++) {
                receive(node, image(number, ""));
            }
            await(() -> archive.taken.size() == 2);
            receive(node, image(5, "")); // which comes while the others wait
            await(() -> archive.taken.size() == 3);
            assertThat(archive.taken).containsExactlyInAnyOrder("3/", "4/", "5/");
            archive.later = "none";
            archive.breaksOff = "none";
            assertThat(node.counts().retried()).isGreaterThanOrEqualTo(2);
            await(() -> archive.taken.size() == 5);
        }
        assertThat(files("outgoing")).isEmpty();
    }

    @Test
    void aDamagedResultIsPutAsideAndTheOthersAreSent() throws Exception {
        Files.createDirectories(folder.resolve("outgoing"));
        Files.write(folder.resolve("outgoing/1.2.3.0-0000000000000001.dcm"), new byte[] {1, 2, 3});
        try (DicomNode node = node((header, file) -> result(header))) {
            receive(node, image(1, ""));
            await(() -> node.counts().sent() == 1 && node.counts().failed() == 1);
        }
        assertThat(files("failed")).hasSize(1);
    }

    /** A disk that is full while a test says so. */
    private static final class FullDisk implements FileOperations {
        final AtomicBoolean full = new AtomicBoolean();

        private void refuseIfFull(Path file) throws IOException {
            if (full.get()) {
                throw new FileSystemException(file.toString(), null, "No space left on device");
            }
        }

        @Override
        public WritableFile create(Path file, FileAttribute<?>... attributes) throws IOException {
            refuseIfFull(file);
            return FileOperations.super.create(file, attributes);
        }

        @Override
        public void rename(Path from, Path to) throws IOException {
            refuseIfFull(to);
            FileOperations.super.rename(from, to);
        }
    }

    @Test
    void withAFullDiskInstancesAreAnsweredWithA700AndWhatWaitsIsDoneLater() throws Exception {
        FullDisk disk = new FullDisk();
        AtomicInteger asked = new AtomicInteger();
        try (DicomNode node = node(
                        (header, file) -> {
                            if (header.text("StudyDescription").equals("unreadable")) {
                                disk.full.set(asked.getAndIncrement() == 0); // so that it cannot be moved at first
                                throw new InputException("it cannot be read");
                            }
                            return result(header);
                        },
                        new DurableFiles(disk));
                StorageServer server = StorageServer.start(StorageServer.Settings.of("VIT4J", 0), node);
                StorageClient client = StorageClient.open(
                        new DicomPeer("VIT4J", "localhost", server.port()),
                        "PEER",
                        List.of(TestImages.CR),
                        Optional.empty(),
                        report -> {})) {
            disk.full.set(true);
            assertThat(client.store(StoredFile.of(image(1, "")))).isEqualTo(0xA700);
            assertThat(node.counts().refusals()).containsEntry(Refusal.NOT_KEPT, 1L);
            disk.full.set(false);
            assertThat(client.store(StoredFile.of(image(1, "")))).isZero();
            await(() -> archive.taken.contains("1/"));
            assertThat(client.store(StoredFile.of(image(2, "unreadable")))).isZero();
            await(() -> node.counts().refused() == 1);
            assertThat(client.store(StoredFile.of(image(3, "")))).isZero(); // the workers still live
            assertThat(client.store(StoredFile.of(image(4, "")))).isZero();
            await(() -> archive.taken.size() == 3);
        }
    }
}
