package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one file into the cache: continues where an earlier download broke off, and takes nothing for whole that has not
 * the size and the hash that the hub said.
 */
final class HubDownload {
    private static final Logger LOG = LoggerFactory.getLogger(HubDownload.class);
    private static final int ATTEMPTS = 5;

    /** Beyond what the file takes at the least speed. */
    private static final Duration SPARE_TIME = Duration.ofMinutes(10);

    private final HubSettings settings;
    private final HubClient client;
    private final HubCache cache;
    private final HubName name;
    private final HubFile file;
    private final Progress.Factory bars;
    private final Path part; // what has come so far

    HubDownload(
            HubSettings settings, HubClient client, HubCache cache, HubName name, HubFile file, Progress.Factory bars) {
        this.settings = settings;
        this.client = client;
        this.cache = cache;
        this.name = name;
        this.file = file;
        this.bars = bars;
        // a name of our own: huggingface_hub takes no notice of our locks
        part = cache.blob(file.blobName() + ".vit4j.incomplete");
    }

    /** Downloads the file unless the cache has it, and links it into the commit's snapshot. */
    void run() {
        String blob = file.blobName();
        cache.whileLocked(blob, () -> {
            if (!cache.hasBlob(blob, file.size())) {
                fetch();
                cache.adopt(part, blob);
            }
            cache.link(file.commit(), file.name(), blob);
        });
    }

    private void fetch() {
        boolean begunEarlier = Files.exists(part);
        try {
            receiveAll();
            if (isWhole()) {
                return;
            }
            if (begunEarlier) { // the earlier part may be the one at fault
                Files.delete(part);
                receiveAll();
                if (isWhole()) {
                    return;
                }
            }
            Files.delete(part);
        } catch (HubUnreachable fault) {
            throw HubRetry.unreachable(name, fault);
        } catch (IOException e) {
            throw HubCache.cannotWrite(part, e);
        }
        throw new InputException(name + ": " + file.name() + " differs from what the hub announced (" + file.etag()
                + "); something changed it on the way, check the proxy and download again");
    }

    private boolean isWhole() throws IOException {
        Optional<MessageDigest> digest = file.digest();
        if (digest.isEmpty()) {
            LOG.warn("{}: {} has no hash, so only its size is checked", name, file.name());
            return true;
        }
        ByteBuffer chunk = ByteBuffer.allocate(1 << 20);
        try (FileChannel in = OpenFiles.read(part)) {
            while (in.read(chunk.clear()) >= 0) {
                digest.get().update(chunk.flip());
            }
        }
        return file.matches(digest.get());
    }

    /** Until the part has the file's size. */
    private void receiveAll() throws IOException {
        Duration limit = SPARE_TIME.plusSeconds(file.size() / HubResponse.LEAST_SPEED);
        long start = System.nanoTime();
        HubRetry retry = new HubRetry(ATTEMPTS, settings.firstPause());
        try (FileChannel out = OpenFiles.update(part)) {
            if (out.size() > file.size()) {
                out.truncate(0);
            }
            checkSpace(file.size() - out.size());
            while (out.size() < file.size()) {
                long before = out.size();
                try {
                    receive(out);
                } catch (HubUnreachable fault) {
                    if (out.size() > before && !(fault instanceof HubResponse.TooSlow)) {
                        retry.gotFurther();
                    }
                    if (System.nanoTime() - start > limit.toNanos()) {
                        throw new HubUnreachable("not complete after " + limit.toMinutes() + " minutes", fault);
                    }
                    retry.failed(fault);
                }
            }
            out.force(true);
        }
    }

    private void receive(FileChannel out) throws IOException {
        try (HubResponse response = client.open(name, file, out.size())) {
            boolean goesOn = response.status() == 206
                    && response.header("Content-Range")
                            .filter(range -> range.startsWith("bytes " + size(out) + "-"))
                            .isPresent();
            if (!goesOn) {
                out.truncate(0);
            }
            if (!goesOn && response.status() != 200) {
                throw new HubUnreachable(response.from().getHost() + " sends other bytes than requested");
            }
            out.position(out.size());
            try (Progress bar = bars.start("Downloading " + file.name(), file.size())) {
                bar.advance(out.size());
                List<ByteBuffer> piece;
                while (!(piece = response.next()).isEmpty()) {
                    for (ByteBuffer bytes : piece) {
                        if (bytes.remaining() > file.size() - out.position()) {
                            out.truncate(0);
                            throw new HubUnreachable(response.from().getHost() + " sends more than the " + file.size()
                                    + " bytes of " + file.name());
                        }
                        bar.advance(bytes.remaining());
                        while (bytes.hasRemaining()) {
                            out.write(bytes);
                        }
                    }
                }
            }
            if (out.size() < file.size()) {
                throw new HubUnreachable(response.from().getHost() + " sent " + out.size() + " of the " + file.size()
                        + " bytes of " + file.name());
            }
        } catch (InterruptedException e) {
            throw HubClient.interrupted(e);
        }
    }

    private static long size(FileChannel out) {
        try {
            return out.size();
        } catch (IOException e) {
            throw new InputException("the download cannot be read back (" + IoReason.of(e) + "); check the disk", e);
        }
    }

    private void checkSpace(long needed) throws IOException {
        long free = Files.getFileStore(part).getUsableSpace();
        if (free < needed) {
            throw InputException.in(
                    part.getParent(),
                    "has " + (free >> 20) + " MiB free, but " + file.name() + " needs " + (needed >> 20)
                            + "; make room, or set HF_HOME to a folder on another disk");
        }
    }
}
