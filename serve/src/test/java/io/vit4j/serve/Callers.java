package io.vit4j.serve;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Callers over connections of their own, each with the next request as soon as it has an answer, until nobody listens any more. */
public final class Callers implements AutoCloseable {
    private static final int COUNT = 6;

    private final byte[] request;
    private final AtomicBoolean on = new AtomicBoolean(true);
    private final AtomicInteger answered = new AtomicInteger();
    private final Set<String> answers = new ConcurrentSkipListSet<>();
    private final Set<String> lost = new ConcurrentSkipListSet<>();
    private final List<CompletableFuture<Void>> callers = new ArrayList<>();

    /** Begins to ask a model, whose labels begin with v and a digit, about an encoded picture. */
    public Callers(int port, String model, byte[] picture) {
        byte[] head = ("POST /models/" + model + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + picture.length
                        + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        request = new byte[head.length + picture.length];
        System.arraycopy(head, 0, request, 0, head.length);
        System.arraycopy(picture, 0, request, head.length, picture.length);
        for (int i = 0; i < COUNT; i++) {
            callers.add(CompletableFuture.runAsync(() -> call(port), task -> new Thread(task).start()));
        }
    }

    private void call(int port) {
        while (on.get()) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                socket.setSoTimeout(30_000);
                DataInputStream in = new DataInputStream(socket.getInputStream());
                while (on.get() && ask(socket, in)) {
                    answered.incrementAndGet();
                }
            } catch (IOException e) {
                return; // nobody listens any more
            }
        }
    }

    /** @return whether the connection stays open */
    private boolean ask(Socket socket, DataInputStream in) {
        try {
            socket.getOutputStream().write(request);
            String head = head(in);
            int length = Integer.parseInt(head.replaceAll("(?is).*content-length: (\\d+).*", "$1"));
            byte[] body = in.readNBytes(length);
            answers.add(head.substring(9, 12) + " "
                    + new String(body, StandardCharsets.UTF_8).replaceAll(".*?(v\\d).*", "$1"));
            return !head.toLowerCase(Locale.ROOT).contains("connection: close");
        } catch (IOException | RuntimeException e) {
            lost.add(e.toString());
            return false;
        }
    }

    private static String head(DataInputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        return head.toString();
    }

    /** Waits until so many more requests are answered, or one is lost. */
    public void awaitMore(int count) throws InterruptedException {
        for (int goal = answered.get() + count; answered.get() < goal && lost.isEmpty(); ) {
            Thread.sleep(5);
        }
    }

    /** {@return each kind of answer: its status, and the first v with a digit} */
    public Set<String> answers() {
        return answers;
    }

    /** {@return why requests that were sent have no answer} */
    public Set<String> lost() {
        return lost;
    }

    /** Waits until every caller has its answer. */
    public void await() {
        callers.forEach(CompletableFuture::join);
    }

    /** The same after no further request. */
    @Override
    public void close() {
        on.set(false);
        await();
    }
}
