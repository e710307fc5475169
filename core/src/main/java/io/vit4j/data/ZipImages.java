package io.vit4j.data;

import io.vit4j.base.InputException;
import io.vit4j.image.ImageDecoder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The image files in zip archives, read where they are. Nothing is unpacked. */
public final class ZipImages implements ImageSource.ByName {
    private final List<Path> archives;
    private final List<ZipFile> open = new ArrayList<>();
    private final Map<String, Place> places = new TreeMap<>();

    private record Place(ZipFile zip, ZipEntry entry) {}

    /** Lists the archives' files. InputException if one cannot be read, or names a file outside itself. */
    public ZipImages(List<Path> archives) {
        this.archives = List.copyOf(archives);
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
            ZipFile zip = new ZipFile(archive.toFile());
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
                if (entry.isDirectory() || !isImage(zip, entry)) {
                    continue;
                }
                String name = ImageNames.inArchive(entry.getName(), archive);
                if (places.put(name, new Place(zip, entry)) != null) {
                    throw InputException.in(archive, "contains " + name + " twice; keep one of them");
                }
            }
        } catch (NoSuchFileException e) {
            throw InputException.in(archive, "no such file; check the path", e);
        } catch (IOException | IllegalArgumentException e) {
            throw InputException.in(archive, "not a zip archive that can be read: " + e.getMessage(), e);
        }
    }

    private static boolean isImage(ZipFile zip, ZipEntry entry) throws IOException {
        if (!ImageNames.isOpen(entry.getName())) {
            return ImageNames.isImageFile(entry.getName());
        }
        try (InputStream in = zip.getInputStream(entry)) {
            return ImageDecoder.kind(in.readNBytes(ImageDecoder.BEGIN)).isPicture();
        }
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
