package io.vit4j.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Who may read files that hold patients' data: pictures, names of files, labels, predictions, groups, reports. Their owner
 * alone, unless the environment variable {@code VIT4J_SHARE} is 1 or the system property {@code vit4j.share} is true: then
 * whoever the process's umask lets. Models, configurations and logs always follow the umask. Windows has no such modes: there
 * the folder's own rights apply.
 */
public final class Privacy {
    /** The system property that shares files; the command's {@code --share} sets it. */
    public static final String SHARE = "vit4j.share";

    private static final FileAttribute<?>[] BY_UMASK = {};

    private Privacy() {}

    /** Whether others may read files of patients' data, as far as the umask lets them. */
    public static boolean isShared() {
        return Boolean.getBoolean(SHARE) || "1".equals(System.getenv("VIT4J_SHARE"));
    }

    /** What a new file of patients' data is created with: mode 0600, or nothing if files are shared. */
    public static FileAttribute<?>[] ofFile(Path file) {
        return attributes(file, "rw-------");
    }

    /** What a new folder of patients' data is created with: mode 0700, or nothing if files are shared. */
    public static FileAttribute<?>[] ofFolder(Path folder) {
        return attributes(folder, "rwx------");
    }

    private static FileAttribute<?>[] attributes(Path path, String mode) {
        return isShared() || !hasModes(path)
                ? BY_UMASK
                : new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode))};
    }

    private static boolean hasModes(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    /** Makes a folder for patients' data if it is not there. Folders above it follow the umask. */
    public static void createFolders(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Path parent = folder.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.createDirectories(folder, ofFolder(folder)); // another process may have been first
    }

    /** Whether a file or folder, or a link itself, belongs to the user who runs this process. True on Windows. */
    public static boolean isOurs(Path path) throws IOException {
        return !path.getFileSystem().supportedFileAttributeViews().contains("unix")
                || Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS)
                        .equals(User.ID);
    }

    /** The user who runs this process, found out once. */
    private static final class User {
        static final Object ID = id();

        private static Object id() {
            try {
                Path self = Path.of("/proc/self");
                if (Files.isDirectory(self)) {
                    return Files.getAttribute(self, "unix:uid");
                }
                Path probe = Files.createTempFile("vit4j", ".tmp");
                try {
                    return Files.getAttribute(probe, "unix:uid");
                } finally {
                    Files.delete(probe);
                }
            } catch (IOException e) {
                throw new InputException(
                        "it cannot be found out which user this process runs as (" + IoReason.of(e)
                                + "); check that java.io.tmpdir is writable",
                        e);
            }
        }
    }
}
