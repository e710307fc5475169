package io.vit4j.dicom.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.StoredFile;
import io.vit4j.dicom.TestImages;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers that are slow, silent or greedy. */
@Timeout(60)
class AssociationLimitsTest {
    private static final String TITLE = "VIT4J";
    private static final int PATIENCE = 500;
    private static final StorageServer.Settings SETTINGS =
            StorageServer.Settings.of(TITLE, 0).withPatience(PATIENCE);

    private static StoredFile image(int bytes) {
        Attributes image =
                TestImages.chest(1).with("Rows", 1).with("Columns", bytes).with("PixelData", new byte[bytes]);
        return StoredFile.of(image.file());
    }

    private static StorageClient client(StorageServer server) throws IOException {
        return StorageClient.open(
                new DicomPeer(TITLE, "localhost", server.port()),
                "PEER",
                List.of(TestImages.CR),
                Optional.empty(),
                report -> {});
    }

    @Test
    void instancesForWhichThereIsNoMemoryAreAnsweredWithA700() throws IOException {
        AtomicInteger taken = new AtomicInteger();
        StorageServer.Settings settings = SETTINGS.withMemory(300_000, 500_000);
        try (StorageServer server = StorageServer.start(settings, (header, file) -> taken.incrementAndGet());
                StorageClient client = client(server)) {
            assertThat(client.store(image(400_000))).isEqualTo(Dimse.OUT_OF_RESOURCES); // longer than one may be
            assertThat(client.store(image(290_000))).isEqualTo(Dimse.OUT_OF_RESOURCES); // needs 580,000
            for (int i = 0; i < 5; i++) {
                assertThat(client.store(image(100_000))).isZero(); // what was taken was given back
            }
        }
        assertThat(taken).hasValue(5);
    }

    @Test
    void memoryIsSharedByAllAssociations() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        StorageServer.Settings settings = SETTINGS.withPatience(30_000).withMemory(1 << 20, 1 << 20);
        try (StorageServer server = StorageServer.start(settings, (header, file) -> {
                    arrived.countDown();
                    try {
                        goOn.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
                StorageClient first = client(server);
                StorageClient second = client(server)) {
            AtomicInteger status = new AtomicInteger(-1);
            Thread sender = new Thread(() -> {
                try {
                    status.set(first.store(image(300_000)));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            sender.start();
            assertThat(arrived.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(second.store(image(300_000))).isEqualTo(Dimse.OUT_OF_RESOURCES);
            goOn.countDown();
            sender.join();
            assertThat(status).hasValue(0);
            assertThat(second.store(image(300_000))).isZero();
        }
    }

    @Test
    void aReceiverWithoutRoomIsAnsweredWithA700AndMayHaveRoomLater() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        try (StorageServer server = StorageServer.start(SETTINGS, (header, file) -> {
                    switch (asked.getAndIncrement()) {
                        case 0 -> throw new InputException("no room");
                        case 1 -> throw new IllegalStateException("a fault");
                        default -> {}
                    }
                });
                StorageClient client = client(server)) {
            assertThat(client.store(image(100))).isEqualTo(Dimse.OUT_OF_RESOURCES);
            assertThat(client.store(image(100))).isEqualTo(Dimse.OUT_OF_RESOURCES);
            assertThat(client.store(image(100))).isZero();
        }
    }

    @Test
    void anErrorInOneAssociationEndsThatOneAlone() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        try (StorageServer server = StorageServer.start(SETTINGS, (header, file) -> {
            if (asked.getAndIncrement() == 0) {
                throw new OutOfMemoryError("as the test wants");
            }
        })) {
            try (StorageClient client = client(server)) {
                assertThatThrownBy(() -> client.store(image(100))).isInstanceOf(IOException.class);
            }
            try (StorageClient client = client(server)) {
                assertThat(client.store(image(100))).isZero();
            }
        }
    }

    /** Reads until the other side closes; fails after a while. */
    private static void awaitClosed(Socket socket) throws IOException {
        socket.setSoTimeout(20 * PATIENCE);
        try {
            while (socket.getInputStream().read(new byte[1 << 16]) >= 0) {
                // an answer
            }
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("still open", e);
        } catch (IOException e) {
            // reset
        }
    }

    @Test
    void aPeerThatSendsByteByByteIsDisconnected() throws Exception {
        try (StorageServer server = StorageServer.start(SETTINGS, (header, file) -> {});
                Socket socket = new Socket("localhost", server.port())) {
            Thread drip = new Thread(() -> {
                try {
                    OutputStream out = socket.getOutputStream();
                    out.write(new byte[] {1, 0, 0, 0, 10, 0}); // a request of 2,560 bytes
                    while (true) {
                        out.write(0);
                        Thread.sleep(PATIENCE / 5);
                    }
                } catch (IOException | InterruptedException e) {
                    // disconnected
                }
            });
            drip.start();
            awaitClosed(socket);
            drip.interrupt();
        }
    }

    @Test
    void aPeerThatDoesNotReadItsAnswersIsDisconnected() throws Exception {
        try (StorageServer server = StorageServer.start(SETTINGS, (header, file) -> {});
                Socket socket = new Socket()) {
            socket.setReceiveBufferSize(1 << 12);
            socket.connect(new java.net.InetSocketAddress("localhost", server.port()));
            PduStream stream = new PduStream(InputStream.nullInputStream(), socket.getOutputStream(), TimeLimit.NONE);
            stream.write(
                    PduStream.ASSOCIATE_RQ,
                    new Negotiation(
                                    TITLE,
                                    "PEER",
                                    List.of(new Negotiation.Context(
                                            1, Dimse.VERIFICATION, List.of("1.2.840.10008.1.2"), 0)),
                                    1 << 14)
                            .encode(false));
            byte[] echo = io.vit4j.dicom.CommandSet.encode(new Attributes()
                    .with("AffectedSOPClassUID", Dimse.VERIFICATION)
                    .with("CommandField", Dimse.C_ECHO_RQ)
                    .with("MessageID", 1)
                    .with("CommandDataSetType", MessageReader.NO_DATA_SET));
            assertThatThrownBy(() -> {
                        while (true) {
                            stream.writeData(1, true, echo, 1 << 14);
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void aDestinationThatIsSilentIsGivenUp() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            DicomPeer peer = new DicomPeer("SILENT", "localhost", silent.getLocalPort());
            try (Connection connection = Connection.open(peer, Optional.empty(), PATIENCE, PATIENCE)) {
                assertThatThrownBy(() -> connection.stream().read())
                        .isInstanceOf(java.net.SocketTimeoutException.class);
            }
        }
    }
}
