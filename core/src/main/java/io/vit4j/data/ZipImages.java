package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import io.vit4j.image.ImageDecoder;
import io.vit4j.image.PictureNames;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * The image files in zip archives, read where they are. Nothing is unpacked. Names of files are UTF-8; in archives that say
 * nothing of their names' encoding and whose names are no UTF-8 they are code page 437, as Python's {@code zipfile} reads them.
 */
public final class ZipImages implements ImageSource.ByName, Inventory.Holder {
    /** Largest metadata file, in bytes. */
    private static final int LARGEST_METADATA = 256 << 20;

    private final List<Path> archives;
    private final boolean underTheirNames;
    private final List<ZipFile> open = new ArrayList<>();
    private final Map<String, Place> places = new TreeMap<>();
    private final SortedMap<String, TextSource> metadata = new TreeMap<>();
    private final List<String> passedOver = new ArrayList<>();

    private record Place(ZipFile zip, ZipEntry entry) {}

    /** Lists the archives' files. InputException if one cannot be read, or names a file outside itself. */
    public ZipImages(List<Path> archives) {
        this(archives, false);
    }

    /** @param underTheirNames whether each archive counts as a folder of its name: {@code train/} for {@code train.zip} */
    ZipImages(List<Path> archives, boolean underTheirNames) {
        this.archives = List.copyOf(archives);
        this.underTheirNames = underTheirNames;
        try {
            for (Path archive : archives) {
                list(archive);
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void list(Path archive) {
        try {
            if (!Files.exists(archive)) {
                throw new NoSuchFileException(archive.toString());
            }
            ZipFile zip = open(archive);
            open.add(zip);
            Enumeration<? extends ZipEntry> entries = zip.entries();
            long room = Files.size(archive);
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                room -= Math.max(entry.getCompressedSize(), 0);
                if (room < 0) {
                    throw InputException.in(
                            archive, "its entries overlap, as a decompression bomb's do; do not use it");
                }
                if (!entry.isDirectory()) {
                    list(archive, zip, entry);
                }
            }
        } catch (NoSuchFileException e) {
            throw InputException.in(archive, "no such file; check the path", e);
        } catch (IOException | IllegalArgumentException e) {
            throw InputException.in(archive, "not a zip archive that can be read: " + e.getMessage(), e);
        }
    }

    private static ZipFile open(Path archive) throws IOException {
        try {
            return OpenFiles.zip(archive, StandardCharsets.UTF_8);
        } catch (ZipException e) {
            if (!Charset.isSupported("IBM437")) {
                throw e;
            }
            return OpenFiles.zip(archive, Charset.forName("IBM437")); // names that say they are UTF-8 stay so
        }
    }

    private void list(Path archive, ZipFile zip, ZipEntry entry) throws IOException {
        String inside = entry.getName();
        if (PassedOver.is(inside.replace('\\', '/'))) {
            if (ImageNames.isImage(inside)) {
                passedOver.add(archive.getFileName() + ": " + inside);
            }
            return;
        }
        boolean isMetadata = Inventory.isMetadata(inside.replace('\\', '/'));
        if (!isMetadata && !isPicture(inside.replace('\\', '/'), zip, entry)) {
            return;
        }
        String name = (underTheirNames ? ArchiveNames.stem(archive) + "/" : "") + ImageNames.inArchive(inside, archive);
        if (isMetadata) {
            try (InputStream in = zip.getInputStream(entry)) {
                metadata.put(name, TextSource.of(archive + "/" + inside, in.readNBytes(LARGEST_METADATA)));
            }
        } else if (places.put(name, new Place(zip, entry)) != null) {
            throw InputException.in(archive, "holds " + name + " a second time; which one is meant?");
        }
    }

    private static boolean isPicture(String inside, ZipFile zip, ZipEntry entry) {
        try {
            return PictureNames.isPicture(inside.substring(inside.lastIndexOf('/') + 1), () -> begin(zip, entry));
        } catch (IOException e) {
            return ImageNames.isImage(inside); // damaged: asked for by its name, or by nobody
        }
    }

    private static byte[] begin(ZipFile zip, ZipEntry entry) throws IOException {
        try (InputStream in = zip.getInputStream(entry)) {
            return in.readNBytes(ImageDecoder.BEGIN);
        }
    }

    @Override
    public Inventory inventory() {
        return new Inventory(names(), metadata, passedOver);
    }

    @Override
    public String description() {
        return archives.size() == 1
                ? archives.get(0).toString()
                : archives.size() + " archives from " + archives.get(0);
    }

    @Override
    public List<String> names() {
        return List.copyOf(places.keySet());
    }

    @Override
    public String fingerprint(String name) {
        Place place = places.get(name);
        return place == null
                ? "absent"
                : place.entry().getSize() + "#" + place.entry().getCrc();
    }

    @Override
    public byte[] begin(String name, int length) {
        Place place = places.get(name);
        if (place == null) {
            throw new InputException(description() + ": contains no " + name);
        }
        try (InputStream in = place.zip().getInputStream(place.entry())) {
            return in.readNBytes(length);
        } catch (IOException e) {
            return new byte[0]; // what is wrong with it is said when it is read
        }
    }

    @Override
    public byte[] read(String name) {
        Place place = places.get(name);
        if (place == null) {
            throw new InputException(description() + ": contains no " + name);
        }
        String where = place.zip().getName() + ": " + name;
        if (place.entry().getSize() > LARGEST_FILE) {
            throw new InputException(where + ": larger than " + (LARGEST_FILE >> 20) + " MiB; is it an image?");
        }
        try (InputStream in = place.zip().getInputStream(place.entry())) {
            byte[] bytes = in.readNBytes(LARGEST_FILE + 1); // the size told may be a lie
            if (bytes.length > LARGEST_FILE) {
                throw new InputException(where + ": larger than " + (LARGEST_FILE >> 20) + " MiB; is it an image?");
            }
            return bytes;
        } catch (IOException e) {
            throw new InputException(where + ": cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        for (ZipFile zip : open) {
            try {
                zip.close();
            } catch (IOException e) {
                throw new InputException(zip.getName() + ": cannot be closed: " + e.getMessage(), e);
            }
        }
    }
}
