package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.image.ImageDecoder;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * The image files in tar archives, gzipped or not, such as the {@code images_001.tar.gz} to {@code images_012.tar.gz} of NIH
 * ChestX-ray14. They are read from start to end; nothing is unpacked. Only regular files are given: no links, no devices.
 */
public final class TarImages implements ImageSource.InOrder {
    private static final int BUFFER = 1 << 17;

    /** Bytes that an archive may take between two files: padding and headers, with their long names. */
    private static final long LONGEST_HEADERS = 4 << 20;

    /** What unpacks to more than this, and more than {@link #MOST_COMPRESSED} times its size, holds no pictures. */
    private static final long LARGEST_UNMEASURED = 1L << 30;

    private static final long MOST_COMPRESSED = 200;

    private final List<Path> archives;

    /** @param archives read one after the other */
    public TarImages(List<Path> archives) {
        this.archives = List.copyOf(archives);
        for (Path archive : archives) {
            if (!Files.isRegularFile(archive)) {
                throw InputException.in(archive, "no such file; check the path");
            }
        }
    }

    @Override
    public String description() {
        return archives.size() == 1
                ? archives.get(0).toString()
                : archives.size() + " archives from " + archives.get(0);
    }

    @Override
    public String fingerprint() {
        return archives.stream().map(TarImages::fingerprint).collect(Collectors.joining(" "));
    }

    private static String fingerprint(Path archive) {
        try {
            return archive.getFileName() + "#" + Files.size(archive) + "@"
                    + Files.getLastModifiedTime(archive).toMillis();
        } catch (IOException e) {
            throw InputException.in(archive, "cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public void forEach(Predicate<String> wanted, Visitor visitor) {
        for (Path archive : archives) {
            forEach(archive, wanted, visitor);
        }
    }

    private static void forEach(Path archive, Predicate<String> wanted, Visitor visitor) {
        try (BudgetedStream bytes = new BudgetedStream(open(archive));
                TarArchiveInputStream tar = new TarArchiveInputStream(bytes)) {
            bytes.budget = LONGEST_HEADERS;
            bytes.most = Math.max(LARGEST_UNMEASURED, MOST_COMPRESSED * Files.size(archive));
            for (TarArchiveEntry entry = next(tar); entry != null; entry = next(tar)) {
                bytes.budget = Math.addExact(Math.max(entry.getSize(), 0), LONGEST_HEADERS);
                boolean open = ImageNames.isOpen(entry.getName());
                if (!isRegularFile(entry) || !open && !ImageNames.isImageFile(entry.getName())) {
                    continue;
                }
                byte[] begin = open ? tar.readNBytes(ImageDecoder.BEGIN) : new byte[0];
                if (open && !ImageDecoder.kind(begin).isPicture()) {
                    continue;
                }
                String name = ImageNames.inArchive(entry.getName(), archive);
                if (!wanted.test(name)) {
                    continue;
                }
                if (entry.getSize() > LARGEST_FILE) {
                    throw InputException.in(archive, name + " is larger than " + (LARGEST_FILE >> 20) + " MiB");
                }
                byte[] file = Arrays.copyOf(begin, (int) entry.getSize());
                int rest = tar.readNBytes(file, begin.length, file.length - begin.length);
                visitor.file(
                        name, begin.length + rest == file.length ? file : Arrays.copyOf(file, begin.length + rest));
            }
        } catch (NoSuchFileException e) {
            throw InputException.in(archive, "no such file; check the path", e);
        } catch (IOException | ArithmeticException e) {
            throw InputException.in(archive, "damaged: " + e.getMessage() + "; download it again", e);
        }
    }

    /** The library's own {@code isFile} is true for links, too. */
    private static boolean isRegularFile(TarArchiveEntry entry) {
        byte kind = entry.getLinkFlag();
        return (kind == TarConstants.LF_NORMAL || kind == TarConstants.LF_OLDNORM)
                && !entry.isDirectory()
                && !entry.isSparse();
    }

    /** The next entry; what the library throws at a broken header is a fault of the archive. */
    private static TarArchiveEntry next(TarArchiveInputStream tar) throws IOException {
        try {
            return tar.getNextEntry();
        } catch (RuntimeException e) {
            throw new IOException("its headers cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static InputStream open(Path archive) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(archive), BUFFER);
        try {
            in.mark(2);
            boolean gzipped = in.read() == 0x1F && in.read() == 0x8B;
            in.reset();
            return gzipped ? new BufferedInputStream(new GZIPInputStream(in, BUFFER), BUFFER) : in;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /** Ends a header that claims more room than any has, before it fills the memory, and a decompression bomb. */
    private static final class BudgetedStream extends FilterInputStream {
        private long budget;
        private long most;

        BudgetedStream(InputStream in) {
            super(in);
        }

        private long spend(long count) throws IOException {
            budget -= Math.max(count, 0);
            most -= Math.max(count, 0);
            if (budget < 0) {
                throw new IOException("its headers are longer than " + (LONGEST_HEADERS >> 20) + " MiB");
            }
            if (most < 0) {
                throw new IOException("it unpacks to more than " + MOST_COMPRESSED + " times its size");
            }
            return count;
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            spend(value >= 0 ? 1 : 0);
            return value;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return (int) spend(super.read(into, offset, length));
        }

        @Override
        public long skip(long count) throws IOException {
            return spend(super.skip(Math.min(count, Math.max(budget, 1))));
        }
    }
}
