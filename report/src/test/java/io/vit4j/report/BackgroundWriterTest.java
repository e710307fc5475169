package io.vit4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BackgroundWriterTest {
    private static final long HOUR = 3_600_000;

    @TempDir
    Path folder;

    private final BlockingQueue<Thread> writers = new LinkedBlockingQueue<>();

    /** The content, and a note of the thread that asked for it. */
    private Supplier<String> noted(String content) {
        return () -> {
            writers.add(Thread.currentThread());
            return content;
        };
    }

    /** The thread that asked for a content next. */
    private Thread nextWriter() throws InterruptedException {
        Thread writer = writers.poll(30, TimeUnit.SECONDS);
        assertThat(writer).as("a content was asked for").isNotNull();
        return writer;
    }

    private static void awaitContent(Path file, String content) throws Exception {
        while (!(Files.exists(file) && Files.readString(file).equals(content))) { // the class has a time limit
            Thread.sleep(5);
        }
    }

    @Test
    void changesWhileAWriteIsUnderWayAreOneWriteOfTheLast() throws Exception {
        Path file = folder.resolve("page.html");
        BackgroundWriter writer = new BackgroundWriter(file, 1);
        AtomicInteger made = new AtomicInteger();
        CountDownLatch allAsked = new CountDownLatch(1);
        CountDownLatch underWay = new CountDownLatch(1);
        writer.soon(() -> {
            made.incrementAndGet();
            underWay.countDown();
            try {
                allAsked.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return "content 0";
        });
        underWay.await();
        for (int i = 1; i < 200; i++) {
            String content = "content " + i;
            writer.soon(() -> {
                made.incrementAndGet();
                return content;
            });
        }
        allAsked.countDown();
        awaitContent(file, "content 199");
        assertThat(made.get()).isEqualTo(2);
    }

    @Test
    void whatChangesSoonAfterAWriteWaitsAndTheFinalContentReplacesIt() throws Exception {
        Path file = folder.resolve("page.html");
        BackgroundWriter writer = new BackgroundWriter(file, HOUR);
        writer.soon(noted("first"));
        Thread one = nextWriter();
        awaitContent(file, "first");
        writer.soon(noted("second"));
        writer.soon(noted("third"));
        writer.now("final");
        one.join();
        assertThat(writers).isEmpty(); // neither was asked for
        assertThat(file).hasContent("final");
    }

    @Test
    void oneThreadWritesAllThatChangesUntilTheEnd() throws Exception {
        Path file = folder.resolve("page.html");
        BackgroundWriter writer = new BackgroundWriter(file, 1);
        Set<Thread> seen = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            writer.soon(noted("content " + i));
            seen.add(nextWriter());
            awaitContent(file, "content " + i);
        }
        assertThat(seen).hasSize(1);
        writer.now("final");
        seen.iterator().next().join(); // it ends
        assertThat(file).hasContent("final");
    }

    /** Neither a folder that is a file nor a fault of the page's own stops the writer: once it can write, it does. */
    @Test
    void aPageThatCannotBeWrittenEndsNoRun() throws Exception {
        Path folderOfPage = Files.writeString(folder.resolve("pages"), "in the way");
        Path page = folderOfPage.resolve("page.html");
        BackgroundWriter writer = new BackgroundWriter(page, 1);
        writer.soon(noted("cannot be written"));
        Thread one = nextWriter();
        writer.soon(() -> {
            writers.add(Thread.currentThread());
            throw new IllegalStateException("a fault of the page");
        });
        assertThat(nextWriter()).isSameAs(one);
        assertThat(folderOfPage).hasContent("in the way");

        Files.delete(folderOfPage);
        Files.createDirectory(folderOfPage);
        writer.soon(noted("written at last"));
        assertThat(nextWriter()).isSameAs(one);
        awaitContent(page, "written at last");
        writer.now("final");
        one.join();
        assertThat(page).hasContent("final");
    }
}
