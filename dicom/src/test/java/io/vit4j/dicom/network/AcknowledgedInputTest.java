package io.vit4j.dicom.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(60)
class AcknowledgedInputTest {
    private static final int TIMES = 41;

    /** As dcmtk writes: the header, then the body, which the system keeps back until the header is acknowledged. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aPeerThatWritesInTwoPartsDoesNotWaitForTheDelayOfAcknowledgements() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket peer = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket own = server.accept()) {
            Thread answering = new Thread(() -> answer(own));
            answering.start();
            long[] nanos = new long[TIMES];
            OutputStream out = peer.getOutputStream();
            for (int i = 0; i < TIMES; i++) {
                long start = System.nanoTime();
                out.write(1);
                out.write(2);
                assertThat(peer.getInputStream().read()).isEqualTo(3);
                nanos[i] = System.nanoTime() - start;
            }
            peer.shutdownOutput();
            answering.join();
            Arrays.sort(nanos);
            assertThat(nanos[TIMES / 2]).isLessThan(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    private static void answer(Socket socket) {
        try {
            socket.setTcpNoDelay(true);
            InputStream in = AcknowledgedInput.of(socket, socket.getInputStream());
            byte[] two = new byte[2];
            while (in.readNBytes(two, 0, 2) == 2) {
                socket.getOutputStream().write(3);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
