package io.vit4j.torch;

import com.sun.jna.Library;
import com.sun.jna.Platform;

/**
 * Sends what is written to standard output to standard error while it is open: some native code prints messages where
 * only results belong. It counts for the whole process; several may be open at once.
 */
public final class NativeOutput implements AutoCloseable {
    private static final int STDOUT = 1;
    private static final int STDERR = 2;

    private static int open;
    private static int saved;

    private NativeOutput() {}

    /**
     * Sends what native code prints on standard output to standard error until closed.
     * @return to be closed
     */
    public static NativeOutput toStandardError() {
        synchronized (NativeOutput.class) {
            if (open++ == 0 && !Platform.isWindows()) {
                System.out.flush();
                saved = DescriptorLibrary.INSTANCE.dup(STDOUT);
                DescriptorLibrary.INSTANCE.dup2(STDERR, STDOUT);
            }
        }
        return new NativeOutput();
    }

    @Override
    public void close() {
        synchronized (NativeOutput.class) {
            if (--open == 0 && !Platform.isWindows()) {
                DescriptorLibrary.INSTANCE.dup2(saved, STDOUT);
                DescriptorLibrary.INSTANCE.close(saved);
            }
        }
    }

    private interface DescriptorLibrary extends Library {
        DescriptorLibrary INSTANCE = NativeFolder.functions(DescriptorLibrary.class);

        int dup(int descriptor);

        int dup2(int from, int to);

        int close(int descriptor);
    }
}
