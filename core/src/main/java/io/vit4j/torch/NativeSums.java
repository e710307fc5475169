package io.vit4j.torch;

import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Privacy;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.bytedeco.javacpp.Loader;

/**
 * Compares unpacked native libraries with their jar. JavaCPP takes a file for the right one by its size and date. Here each is
 * read once, its CRC-32 compared with the jar's, and what it was like then is noted beside it; as long as nothing of that
 * changes it is not read again, so that a start costs no more than a look at each file.
 */
final class NativeSums {
    private static final String NOTES = "vit4j.sums";
    private static final int CHUNK = 1 << 20;

    private NativeSums() {}

    /**
     * Unpacks what a jar on the class path has below a resource, and compares it. Nothing happens if no jar has it.
     *
     * @param cache JavaCPP's, {@link NativeFolder#chosen}
     * @param resource a folder's, as {@code /org/bytedeco/pytorch/linux-x86_64/}
     */
    static void unpack(Path cache, String resource) throws IOException {
        String name = resource.substring(1);
        List<JarFile> jars = new ArrayList<>();
        for (URL found : Collections.list(NativeSums.class.getClassLoader().getResources(name))) {
            if (found.openConnection()
                    instanceof JarURLConnection inJar) { // else a folder of classes, trusted as they are
                jars.add(inJar.getJarFile());
            }
        }
        for (JarFile jar : jars) {
            Path folder = folder(cache, jar);
            List<JarEntry> entries = jar.stream()
                    .filter(entry -> !entry.isDirectory() && entry.getName().startsWith(name))
                    .toList();
            makeSafe(folder);
            if (!isAsNoted(folder, entries)) {
                unpack(folder, jar, entries, resource);
            }
        }
    }

    private static boolean isAsNoted(Path folder, List<JarEntry> entries) throws IOException {
        Path notes = folder.resolve(NOTES);
        return Files.isRegularFile(notes) && OpenFiles.text(notes).equals(states(folder, entries));
    }

    private static void unpack(Path folder, JarFile jar, List<JarEntry> entries, String resource) throws IOException {
        Loader.cacheResources(resource);
        if (removeDamaged(folder, entries) > 0) {
            Loader.cacheResources(resource);
            if (removeDamaged(folder, entries) > 0) {
                throw InputException.in(
                        folder, "what was unpacked differs from " + jar.getName() + "; check the disk and the jar");
            }
        }
        DurableFiles.SYSTEM.write(folder.resolve(NOTES), states(folder, entries));
    }

    /** Where JavaCPP unpacks a jar. */
    private static Path folder(Path cache, JarFile jar) {
        return cache.resolve(Path.of(jar.getName()).getFileName());
    }

    /** Closes the folder to others, and removes it before if they could have changed what is in it. */
    private static void makeSafe(Path folder) throws IOException {
        if (!NativeFolder.isUnix(folder)) {
            return;
        }
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS) && !NativeFolder.isClosed(folder)) {
            List<Path> below;
            try (Stream<Path> all = Files.walk(folder)) {
                below = all.toList();
            }
            for (Path each : below) {
                boolean link = Files.isSymbolicLink(each); // its own mode means nothing
                if (!Privacy.isOurs(each) || !link && NativeFolder.isOpenToOthers(each)) {
                    DurableFiles.SYSTEM.delete(folder);
                    break;
                }
            }
        }
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            NativeFolder.close(folder);
        } else {
            Files.createDirectory(folder, NativeFolder.ownersOnly(folder));
        }
    }

    private static int removeDamaged(Path folder, List<JarEntry> entries) throws IOException {
        int damaged = 0;
        for (JarEntry entry : entries) {
            Path file = folder.resolve(entry.getName());
            if (!isWhole(file, entry)) {
                Files.deleteIfExists(file);
                damaged++;
            }
        }
        return damaged;
    }

    private static boolean isWhole(Path file, JarEntry entry) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) != entry.getSize()) {
            return false;
        }
        CRC32 sum = new CRC32();
        try (InputStream in = OpenFiles.stream(file)) {
            byte[] chunk = new byte[CHUNK];
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                sum.update(chunk, 0, count);
            }
        }
        return sum.getValue() == entry.getCrc();
    }

    /** A line a file: its name, the jar's sum, and what tells that it is the one that was compared. */
    private static String states(Path folder, List<JarEntry> entries) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (JarEntry entry : entries) {
            Path file = folder.resolve(entry.getName());
            lines.append(entry.getName())
                    .append(' ')
                    .append(Long.toHexString(entry.getCrc()))
                    .append(' ')
                    .append(Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? NativeFolder.state(file) : "absent")
                    .append('\n');
        }
        return lines.toString();
    }
}
