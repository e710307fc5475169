package io.vit4j.torch;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import io.vit4j.base.DurableFiles;
import io.vit4j.base.InputException;
import io.vit4j.base.IoReason;
import io.vit4j.base.Privacy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that native libraries are unpacked into and loaded from: one that nobody else can write to, because whoever can
 * exchange a library there can run code as this user. JavaCPP and JNA would take any folder with the right name, also one
 * that another user has made in the shared temporary folder.
 *
 * <p>The candidates are JavaCPP's own: the folder that {@value #CACHE} names, or else {@code .javacpp/cache} in the user's home
 * and {@code .javacpp-USER/cache} in the temporary folder. If none of them is safe, it is a new folder, which is removed at
 * the end.
 */
final class NativeFolder {
    static final String CACHE = "org.bytedeco.javacpp.cachedir";

    private static final Logger LOG = LoggerFactory.getLogger(NativeFolder.class);
    private static final String JNA = "jna.tmpdir";
    private static final int GROUP_OR_OTHERS_WRITE = 022;
    private static final int OTHERS_WRITE = 02;
    private static final int OTHERS = 077;
    private static final Set<PosixFilePermission> OWNERS_ONLY = PosixFilePermissions.fromString("rwx------");

    /** In a folder with this bit only its owner renames or removes what is in it. */
    private static final int STICKY = 01000;

    private NativeFolder() {}

    /** A C library's functions, once JNA knows where to unpack its own. */
    static <T extends Library> T functions(Class<T> type) {
        Chosen.tellLibraries();
        return Native.load(Platform.C_LIBRARY_NAME, type);
    }

    /** {@return the folder, chosen once; JavaCPP and JNA are told} */
    static Path chosen() {
        Chosen.tellLibraries();
        return Chosen.FOLDER;
    }

    private static final class Chosen {
        static final Path FOLDER = choose(
                Optional.ofNullable(System.getProperty(CACHE, System.getProperty("org.bytedeco.javacpp.cacheDir")))
                        .map(Path::of),
                Path.of(System.getProperty("user.home")),
                Path.of(System.getProperty("java.io.tmpdir")));

        static {
            System.setProperty(CACHE, FOLDER.toString());
            if (System.getProperty(JNA) == null) {
                System.setProperty(JNA, FOLDER.toString());
            }
        }

        static void tellLibraries() {
            // it is enough that this class has been initialised
        }
    }

    /** @param named what the user asks for */
    static Path choose(Optional<Path> named, Path home, Path temporary) {
        List<Path> candidates = named.map(List::of)
                .orElse(List.of(
                        home.resolve(".javacpp").resolve("cache"),
                        temporary
                                .resolve(".javacpp-" + System.getProperty("user.name"))
                                .resolve("cache")));
        for (Path candidate : candidates) {
            Optional<Path> safe = safe(candidate, named.isEmpty());
            if (safe.isPresent()) {
                return safe.get();
            }
        }
        return fresh(temporary, candidates.get(0));
    }

    private static Path fresh(Path temporary, Path wanted) {
        try {
            Path fresh = Files.createTempDirectory(temporary, "vit4j-native-"); // with mode 0700
            Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(fresh), "vit4j-native-folder"));
            LOG.warn(
                    "{} is not a folder that only you can write to, so the native libraries are unpacked into a new one, {},"
                            + " at every start; name a folder of your own with -D{}=DIR (with VIT4J_JAVA_OPTS)",
                    wanted,
                    fresh,
                    CACHE);
            return fresh;
        } catch (IOException e) {
            throw new InputException(
                    "the native libraries cannot be unpacked: " + wanted
                            + " is not a folder that only you can write to, and"
                            + " there can be none in " + temporary + " (" + IoReason.of(e)
                            + "); name a folder of your own"
                            + " with -D" + CACHE + "=DIR",
                    e);
        }
    }

    private static void remove(Path folder) {
        try {
            DurableFiles.SYSTEM.delete(folder);
        } catch (InputException stays) {
            LOG.debug("{}", stays.getMessage());
        }
    }

    /**
     * The folder's real path, made if need be; empty if it cannot be used, or others could change what is in it.
     *
     * @param close whether it is closed to others, if it is ours; {@link NativeSums} replaces what they may have put there
     */
    private static Optional<Path> safe(Path candidate, boolean close) {
        try {
            if (!Files.isDirectory(candidate)) {
                Files.createDirectories(candidate, ownersOnly(candidate));
            }
            Path real = candidate.toRealPath();
            if (!Files.isWritable(real)) {
                return Optional.empty();
            }
            if (close && isUnix(real) && isOpenToOthers(real) && Privacy.isOurs(real)) {
                close(real);
            }
            Optional<String> fault = isUnix(real) ? fault(real) : Optional.empty();
            fault.ifPresent(why -> LOG.debug("{}: {}, so no native library is loaded from there", candidate, why));
            return fault.isEmpty() ? Optional.of(real) : Optional.empty();
        } catch (IOException e) {
            LOG.debug("{}: cannot be used for native libraries ({})", candidate, IoReason.of(e));
            return Optional.empty();
        }
    }

    /** What a new folder is created with, so that it is closed to others from the start. */
    static FileAttribute<?>[] ownersOnly(Path path) {
        return isUnix(path)
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNERS_ONLY)}
                : new FileAttribute<?>[0];
    }

    /** Lets nobody else into a folder of ours, whatever the modes of what is in it. */
    static void close(Path folder) throws IOException {
        if (isUnix(folder)) {
            Files.setPosixFilePermissions(folder, OWNERS_ONLY);
        }
    }

    /** Why others could change what is in a folder: by writing to it, or by exchanging it or a folder above it. */
    private static Optional<String> fault(Path real) throws IOException {
        if (!Privacy.isOurs(real)) {
            return Optional.of("it belongs to another user");
        }
        if (isOpenToOthers(real)) {
            return Optional.of("others can write to it");
        }
        for (Path above = real.getParent(); above != null; above = above.getParent()) {
            boolean trusted = Privacy.isOurs(above) || Integer.valueOf(0).equals(Files.getAttribute(above, "unix:uid"));
            int mode = mode(above);
            if (!trusted || (mode & OTHERS_WRITE) != 0 && (mode & STICKY) == 0) {
                return Optional.of("others can exchange what is in " + above);
            }
        }
        return Optional.empty();
    }

    /** Whether others can write to a file or folder, or add to it. */
    static boolean isOpenToOthers(Path path) throws IOException {
        return (mode(path) & GROUP_OR_OTHERS_WRITE) != 0;
    }

    /** Whether nobody else can even look into a folder. */
    static boolean isClosed(Path folder) throws IOException {
        return Privacy.isOurs(folder) && (mode(folder) & OTHERS) == 0;
    }

    private static int mode(Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    }

    static boolean isUnix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix");
    }

    /**
     * What tells that a file is the same one as before. Not the time of its last change, as JavaCPP dates each file anew
     * whenever it loads it.
     */
    static String state(Path file) throws IOException {
        Map<String, Object> found = Files.readAttributes(
                file, (isUnix(file) ? "unix:ino,uid,mode," : "") + "size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
        return new TreeMap<>(found).toString();
    }
}
