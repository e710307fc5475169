package io.vit4j.dicom.network;

import io.vit4j.base.InputException;
import io.vit4j.dicom.Attributes;
import io.vit4j.dicom.CommitmentReport;
import io.vit4j.dicom.SourceImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Images in, results out: keeps each image it receives on disk, has it classified, keeps the results, and sends them until the destination
 * has them. Started again with the same folder, it continues where it stopped.
 */
public final class DicomNode implements InstanceReceiver, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DicomNode.class);
    private static final long PAUSE_MILLIS = 5_000;
    private static final int MOST_TRIES = 3;
    private static final int SHARE_IN_WORK = 8; // of Java's heap, for the files of images that are being classified
    private static final int PERMIT = 1 << 10; // bytes

    private final InstanceQueue queue;
    private final Set<String> modalities;
    private final InstanceClassifier classifier;
    private final ResultSender sender;
    private final long pause;
    private final int mostInWork =
            (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / SHARE_IN_WORK / PERMIT);
    private final Semaphore inWork = new Semaphore(mostInWork, true); // fair, so that a large image has its turn
    private final Arrivals waiting = new Arrivals();
    private final Map<Path, Integer> failures = new ConcurrentHashMap<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong others = new AtomicLong();
    private final AtomicLong classified = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final Map<Refusal, AtomicLong> refusals = new EnumMap<>(Refusal.class);

    /**
     * What has been done since the start.
     *
     * @param received images kept
     * @param others images of other modalities, which are not kept
     * @param classified images whose results are kept
     * @param refused images that could not be read or classified
     * @param sent results that the destination has
     * @param retried how often a result was put off, to be sent again
     * @param failed results that the destination refused
     * @param refusals instances that were not taken, for each reason
     */
    public record Counts(
            long received,
            long others,
            long classified,
            long refused,
            long sent,
            long retried,
            long failed,
            Map<Refusal, Long> refusals) {
        /** Copies the map. */
        public Counts {
            refusals = Map.copyOf(refusals);
        }
    }

    DicomNode(
            InstanceQueue queue,
            Set<String> modalities,
            InstanceClassifier classifier,
            Destination destination,
            long pauseMillis) {
        this.queue = queue;
        pause = pauseMillis;
        this.modalities =
                modalities.stream().map(code -> code.toUpperCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
        this.classifier = classifier;
        sender = new ResultSender(queue, destination);
        for (Refusal reason : Refusal.values()) {
            refusals.put(reason, new AtomicLong());
        }
    }

    /**
     * Starts, and continues with what is in the folder.
     *
     * @param folder of the queue; made if it does not exist
     * @param modalities of the images to classify, such as CR and DX
     * @param workers threads that have images classified
     */
    public static DicomNode start(
            Path folder, Set<String> modalities, int workers, InstanceClassifier classifier, Destination destination) {
        DicomNode node = new DicomNode(new InstanceQueue(folder), modalities, classifier, destination, PAUSE_MILLIS);
        node.begin(workers);
        return node;
    }

    void begin(int workers) {
        queue.images().forEach(waiting::add);
        for (int i = 0; i < workers; i++) {
            begin(new Thread(this::work, "dicom-worker-" + i));
        }
        begin(new Thread(sender::run, "dicom-sender"));
    }

    private void begin(Thread thread) {
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    /** {@return what has been done since the start} */
    public Counts counts() {
        Map<Refusal, Long> notTaken = new EnumMap<>(Refusal.class);
        refusals.forEach((reason, count) -> notTaken.put(reason, count.get()));
        return new Counts(
                received.get(),
                others.get(),
                classified.get(),
                refused.get(),
                sender.sent(),
                sender.retried(),
                sender.failed(),
                notTaken);
    }

    /** {@return how many files each folder of the queue has now, by the folder's name} InputException if one cannot be listed. */
    public Map<String, Long> queued() {
        return queue.depths();
    }

    @Override
    public void receive(SourceImage header, byte[] file) {
        if (!modalities.contains(header.text("Modality").toUpperCase(Locale.ROOT))) {
            others.incrementAndGet();
            return;
        }
        waiting.add(queue.keepImage(header.text("SOPInstanceUID"), file));
        received.incrementAndGet();
    }

    @Override
    public void refused(Refusal reason) {
        refusals.get(reason).incrementAndGet();
    }

    @Override
    public void committed(CommitmentReport report) {
        sender.committed(report);
    }

    private void work() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                List<Path> images = waiting.take();
                try {
                    work(images);
                } finally {
                    waiting.release(InstanceQueue.instance(images.get(0)));
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Of an instance that came several times the last one counts. Images that are not done wait again. */
    private void work(List<Path> images) throws InterruptedException {
        Path last = images.get(images.size() - 1);
        try {
            for (Path before : images.subList(0, images.size() - 1)) {
                queue.remove(before);
            }
            classify(last);
        } catch (InputException e) { // the disk is full, say
            LOG.error("{}; trying again", e.getMessage());
            again(last);
        } catch (RuntimeException
                | Error e) { // an error of one image, such as for want of memory, must not end the node
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException();
            }
            LOG.error("{} could not be classified", last, e);
            if (failures.merge(last, 1, Integer::sum) < MOST_TRIES || !isRefused(last)) {
                again(last);
            }
        }
    }

    private boolean isRefused(Path image) {
        try {
            refuse(image, image + " could not be classified");
            return true;
        } catch (InputException e) {
            LOG.error(e.getMessage());
            return false;
        }
    }

    private void again(Path image) throws InterruptedException {
        Thread.sleep(pause);
        waiting.add(image);
    }

    /** Waits until there is room in memory for it. */
    private void classify(Path image) throws InterruptedException {
        int size = (int) Math.min(mostInWork, queue.size(image) / PERMIT + 1);
        inWork.acquire(size);
        try {
            classifyNow(image);
        } finally {
            inWork.release(size);
        }
    }

    private void classifyNow(Path image) {
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
        failures.remove(image);
        classified.incrementAndGet();
        sender.wake();
    }

    private void refuse(Path image, String why) {
        queue.refuse(image);
        failures.remove(image);
        refused.incrementAndGet();
        LOG.warn("{}; it was moved to the folder 'refused' of the queue", why);
    }

    /** Stops; what is not done yet waits on disk for the next start. */
    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            try {
                thread.join(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        sender.close();
        queue.close();
    }
}
