package io.vit4j.base;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Names that Windows takes for devices, in any folder and with any ending: opening {@code NUL.safetensors} opens no file. What
 * is written for others to use has no such name on any system.
 *
 * <p>Source: "Naming Files, Paths, and Namespaces" in Microsoft's documentation.
 */
public final class DeviceNames {
    private static final Pattern DEVICE = Pattern.compile(
            "(?:CON|PRN|AUX|NUL|CONIN\\$|CONOUT\\$|(?:COM|LPT)[0-9\u00B9\u00B2\u00B3])[ .]*(?:[.:].*)?",
            Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private static final boolean ON_WINDOWS = System.getProperty("os.name").startsWith("Windows");

    private DeviceNames() {}

    /** Whether the name of a file or folder is that of a device. */
    public static boolean is(String name) {
        return DEVICE.matcher(name).matches();
    }

    /** InputException on Windows if the path's name is that of a device. */
    static void refuse(Path path) {
        if (ON_WINDOWS && path.getFileName() != null && is(path.getFileName().toString())) {
            throw InputException.in(path, "is the name of a device on Windows, not of a file; choose another name");
        }
    }
}
