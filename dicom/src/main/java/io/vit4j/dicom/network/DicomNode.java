package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.SourceImage;
import io.vit4j.dicom.StoredFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Images in, results out: keeps each image that it receives on disk, has it classified, keeps the results, and sends them on until the
 * destination has them. It goes on where it was when it is started again over the same folder.
 */
public final class DicomNode implements InstanceReceiver, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DicomNode.class);
    private static final long DISK_PAUSE_MILLIS = 5_000;

    private final InstanceQueue queue;
    private final Set<String> modalities;
    private final InstanceClassifier classifier;
    private final ResultSender sender;
    private final BlockingQueue<Path> waiting = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong others = new AtomicLong();
    private final AtomicLong classified = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    /**
     * What has been done since the start.
     *
     * @param received images that were kept
     * @param others images of other modalities, which were let go
     * @param classified images whose results were kept
     * @param refused images that could not be read
     * @param sent results that the destination has
     * @param failed results that the destination refused
     */
    public record Counts(long received, long others, long classified, long refused, long sent, long failed) {}

    private DicomNode(Path folder, Set<String> modalities, InstanceClassifier classifier, Destination destination) {
        queue = new InstanceQueue(folder);
        this.modalities = Set.copyOf(modalities);
        this.classifier = classifier;
        sender = new ResultSender(queue, destination);
    }

    /**
     * Starts, with what the folder holds from before.
     *
     * @param folder of the queue; made if it is not there
     * @param modalities of the images that are wanted, such as CR and DX
     * @param workers threads that have images classified
     */
    public static DicomNode start(
            Path folder, Set<String> modalities, int workers, InstanceClassifier classifier, Destination destination) {
        DicomNode node = new DicomNode(folder, modalities, classifier, destination);
        node.waiting.addAll(node.queue.images());
        for (int i = 0; i < workers; i++) {
            node.begin(new Thread(node::work, "dicom-worker-" + i));
        }
        node.begin(new Thread(node.sender::run, "dicom-sender"));
        return node;
    }

    private void begin(Thread thread) {
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    /** {@return what has been done since the start} */
    public Counts counts() {
        return new Counts(
                received.get(), others.get(), classified.get(), refused.get(), sender.sent(), sender.failed());
    }

    @Override
    public void receive(SourceImage header, StoredFile file) {
        if (!modalities.contains(header.text("Modality"))) {
            others.incrementAndGet();
            return;
        }
        waiting.add(queue.keepImage(file.sopInstance(), file.file()));
        received.incrementAndGet();
    }

    private void work() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                Path image = waiting.take();
                if (Files.exists(image)) { // else it came twice, and is done
                    classify(image);
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void classify(Path image) throws InterruptedException {
        try {
            byte[] file = queue.read(image);
            List<Attributes> results;
            try {
                results = classifier.results(SourceImage.of(file, image.toString()), file);
            } catch (InputException e) {
                refuse(image, e.getMessage());
                return;
            }
            for (Attributes result : results) {
                queue.keepResult(result.text("SOPInstanceUID"), result.file());
            }
            queue.remove(image);
            classified.incrementAndGet();
            sender.wake();
        } catch (InputException e) { // the disk is full, say
            LOG.error("{}; trying again", e.getMessage());
            Thread.sleep(DISK_PAUSE_MILLIS);
            waiting.add(image);
        } catch (RuntimeException e) {
            if (!Thread.currentThread().isInterrupted()) {
                LOG.error("{} could not be classified", image, e);
                refuse(image, "could not be classified");
            }
        }
    }

    private void refuse(Path image, String why) {
        LOG.warn("{}; it is kept in the folder 'refused' of the queue", why);
        queue.refuse(image);
        refused.incrementAndGet();
    }

    /** Stops; what is not done yet waits on disk for the next start. */
    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            try {
                thread.join(DISK_PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        queue.close();
    }
}
