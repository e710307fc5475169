package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.PictureNames;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
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
public final class TarImages implements ImageSource.InOrder, Inventory.Holder {
    private static final int BUFFER = 1 << 17;

    /** Bytes that an archive may take between two files: padding and headers, with their long names. */
    private static final long LONGEST_HEADERS = 4 << 20;

    /** What unpacks to more than this, and more than {@link #MOST_COMPRESSED} times its size, holds no pictures. */
    private static final long LARGEST_UNMEASURED = 1L << 30;

    private static final long MOST_COMPRESSED = 200;

    /** Largest metadata file, in bytes. */
    private static final int LARGEST_METADATA = 256 << 20;

    private final List<Path> archives;
    private final boolean underTheirNames;

    /** @param archives read one after the other */
    public TarImages(List<Path> archives) {
        this(archives, false);
    }

    /** @param underTheirNames whether each archive counts as a folder of its name: {@code train/} for {@code train.tar} */
    TarImages(List<Path> archives, boolean underTheirNames) {
        this.archives = List.copyOf(archives);
        this.underTheirNames = underTheirNames;
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
            String above = above(archive);
            readThrough(archive, (entry, name, content) -> {
                if (isPicture(entry.getName(), content) && wanted.test(above + name)) {
                    visitor.file(above + name, content.whole());
                }
            });
        }
    }

    /** Reads all archives once. */
    @Override
    public Inventory inventory() {
        List<String> images = new ArrayList<>();
        SortedMap<String, TextSource> metadata = new TreeMap<>();
        List<String> passedOver = new ArrayList<>();
        for (Path archive : archives) {
            String above = above(archive);
            readThrough(archive, (entry, name, content) -> {
                String inside = entry.getName();
                if (isPicture(inside, content)) {
                    images.add(above + name);
                } else if (PassedOver.is(inside) && ImageNames.isImage(inside)) {
                    passedOver.add(archive.getFileName() + ": " + inside);
                } else if (Inventory.isMetadata(inside) && entry.getSize() <= LARGEST_METADATA) {
                    metadata.put(above + name, TextSource.of(archive + "/" + name, content.whole()));
                }
            });
        }
        images.sort(null);
        return new Inventory(images, metadata, passedOver);
    }

    private String above(Path archive) {
        return underTheirNames ? ArchiveNames.stem(archive) + "/" : "";
    }

    private static boolean isPicture(String inside, Content content) throws IOException {
        return !PassedOver.is(inside)
                && PictureNames.isPicture(inside.substring(inside.lastIndexOf('/') + 1), content::begin);
    }

    /** Given each regular file of an archive; its name is as it should be if it is a picture or a metadata file. */
    @FunctionalInterface
    private interface EntryVisitor {
        void entry(TarArchiveEntry entry, String name, Content content) throws IOException;
    }

    /** A file's content, read when it is asked for. */
    private static final class Content {
        private final Path archive;
        private final TarArchiveInputStream tar;
        private final TarArchiveEntry entry;
        private byte[] begin;

        Content(Path archive, TarArchiveInputStream tar, TarArchiveEntry entry) {
            this.archive = archive;
            this.tar = tar;
            this.entry = entry;
        }

        byte[] begin() throws IOException {
            if (begin == null) {
                begin = tar.readNBytes((int) Math.min(entry.getSize(), ImageDecoder.BEGIN));
            }
            return begin;
        }

        byte[] whole() throws IOException {
            if (entry.getSize() > LARGEST_FILE) {
                throw InputException.in(
                        archive, entry.getName() + " is larger than " + (LARGEST_FILE >> 20) + " MiB; is it an image?");
            }
            byte[] first = begin();
            byte[] rest = tar.readNBytes((int) entry.getSize() - first.length);
            byte[] all = Arrays.copyOf(first, first.length + rest.length);
            System.arraycopy(rest, 0, all, first.length, rest.length);
            return all;
        }
    }

    private static void readThrough(Path archive, EntryVisitor visitor) {
        try (BudgetedStream bytes = new BudgetedStream(open(archive));
                TarArchiveInputStream tar = new TarArchiveInputStream(bytes, StandardCharsets.UTF_8.name())) {
            bytes.budget = LONGEST_HEADERS;
            bytes.most = Math.max(LARGEST_UNMEASURED, MOST_COMPRESSED * Files.size(archive));
            for (TarArchiveEntry entry = next(tar); entry != null; entry = next(tar)) {
                bytes.budget = Math.addExact(Math.max(entry.getSize(), 0), LONGEST_HEADERS);
                if (isRegularFile(entry)) {
                    String inside = entry.getName();
                    boolean named = ImageNames.isImageFile(inside) || Inventory.isMetadata(inside);
                    String name = named ? ImageNames.inArchive(inside, archive) : ImageNames.normal(inside);
                    visitor.entry(entry, name, new Content(archive, tar, entry));
                }
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
        InputStream in = new BufferedInputStream(OpenFiles.stream(archive), BUFFER);
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
