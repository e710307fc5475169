package io.vit4j.torch;

import com.sun.jna.Library;
import com.sun.jna.Platform;
import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads libtorch once, safely, and with the settings under which it is fast. Everything in vit4j that needs it calls
 * {@link #load()}; a program that embeds the library need not.
 */
public final class TorchRuntime {
    private static final Logger LOG = LoggerFactory.getLogger(TorchRuntime.class);

    /**
     * What the native libraries read from the environment while they load. libtorch's OpenMP threads and OpenBLAS's own
     * fight for the cores: on a busy machine float32 training ran sixteen times slower with both. vit4j divides the work
     * among lanes itself, so OpenBLAS keeps to the calling thread (docs/performance.md).
     */
    private static final Map<String, String> READ_AT_LOAD = Map.of(
            "GOMP_SPINCOUNT", "10000",
            "OPENBLAS_NUM_THREADS", "1",
            "CUBLAS_WORKSPACE_CONFIG", ":4096:8", // cuBLAS repeats itself to the bit only so
            "TORCH_CPP_LOG_LEVEL", "FATAL"); // c10d logs stack traces of what its caller gets as an exception

    /** By which users limit libtorch's threads. */
    private static final List<String> THREADS = List.of("OMP_NUM_THREADS", "MKL_NUM_THREADS");

    /** Variables that make OpenBLAS use kernels older than the CPU. */
    private static final List<String> FORCES_SLOWER_KERNELS = List.of(
            "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "ATEN_CPU_CAPABILITY", "DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA");

    /** Of glibc's malloc.h. */
    private static final int M_TRIM_THRESHOLD = -1;

    private static final int M_MMAP_THRESHOLD = -3;

    /** What the folder of the build for GPUs is called after the platform. */
    private static final String GPU_BUILD = "-gpu";

    /**
     * By which JavaCPP chooses among builds. Told nothing, it looks for CUDA's three dozen libraries wherever they could be, and
     * loads those that it finds, for a build that has no use for them: half of the time that loading takes.
     */
    private static final String BUILD = "org.bytedeco.javacpp.platform.extension";

    private static final String CPU_BUILD = "-cpu";

    private static volatile boolean loaded;

    private TorchRuntime() {}

    /** Loads the native library if this JVM has not done so yet. */
    public static void load() {
        if (!loaded) {
            loadOnce();
        }
    }

    /** Loading that goes on while the program does other things. */
    public interface Loading extends AutoCloseable {
        /** Waits for its end, because a process must not end in the middle of it. */
        @Override
        void close();
    }

    /** Begins to load the native library on a thread of its own. Whoever needs it before it is there waits; a fault shows there. */
    public static Loading begin() {
        Thread thread = new Thread(
                () -> {
                    try {
                        load();
                    } catch (RuntimeException | Error e) {
                        LOG.debug("libtorch could not be loaded ahead", e);
                    }
                },
                "vit4j-torch-loading");
        thread.setDaemon(true);
        thread.start();
        return () -> {
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        };
    }

    private static synchronized void loadOnce() {
        if (loaded) {
            return;
        }
        setEnvironment();
        // Off: JavaCPP's watch over the process's memory. It counts the model's own memory as a leak.
        setIfAbsent("org.bytedeco.javacpp.maxPhysicalBytes", "0");
        setIfAbsent("org.bytedeco.javacpp.maxBytes", "0");
        if (!hasCudaBuild()) {
            setIfAbsent(BUILD, CPU_BUILD);
        }
        extractLibraries();
        Loader.load(torch.class);
        torch.initLogging();
        useEveryCore();
        loaded = true;
        LOG.debug("libtorch {} on {} threads", torchVersion(), torch.get_num_threads());
    }

    /** Unless the environment says how many threads an operation may use. */
    private static void useEveryCore() {
        if (THREADS.stream().noneMatch(name -> System.getenv(name) != null)) {
            Cores.available().ifPresent(torch::set_num_threads);
        }
    }

    /**
     * Unpacks every native library before any is loaded: loading them one by one as they are unpacked ends the JVM on an
     * empty cache. A lock keeps processes that start together apart.
     */
    private static void extractLibraries() {
        Path cache = NativeFolder.chosen();
        try {
            try (FileChannel lockFile = OpenFiles.update(cache.resolve("vit4j.lock"));
                    FileLock lock = lockFile.lock()) {
                for (String library : List.of("javacpp", "openblas", "pytorch", "cuda")) {
                    for (String platform : List.of(Loader.getPlatform(), Loader.getPlatform() + GPU_BUILD)) {
                        NativeSums.unpack(cache, "/org/bytedeco/" + library + "/" + platform + "/");
                    }
                }
            }
        } catch (IOException e) {
            throw new InputException(
                    "the native libraries cannot be unpacked into " + cache + " (" + e.getMessage()
                            + "); free space there, or choose another folder with -Dorg.bytedeco.javacpp.cachedir=DIR",
                    e);
        }
    }

    private static void setEnvironment() {
        List<String> forced = new ArrayList<>();
        for (String name : FORCES_SLOWER_KERNELS) {
            if (System.getenv(name) != null) {
                forced.add(name + "=" + System.getenv(name));
            }
        }
        if (!forced.isEmpty()) {
            LOG.warn(
                    "The environment sets {}, which can make the native library use slower kernels than this CPU"
                            + " offers; unset it unless you know that you need it",
                    String.join(", ", forced));
        }
        if (Platform.isWindows()) {
            return; // a variable set from inside the process does not reach the C runtime of libraries loaded later
        }
        Map<String, String> set = new LinkedHashMap<>();
        READ_AT_LOAD.forEach((name, value) -> {
            if (System.getenv(name) == null) {
                EnvironmentLibrary.INSTANCE.setenv(name, value, 0);
                set.put(name, value);
            }
        });
        if (!set.isEmpty()) {
            LOG.debug("Set in this process for the native libraries: {}", set);
        }
    }

    /** Sets a variable that native libraries read, unless the user has set it. */
    public static void setEnvironmentIfAbsent(String name, String value) {
        if (System.getenv(name) == null && !Platform.isWindows()) {
            EnvironmentLibrary.INSTANCE.setenv(name, value, 0);
        }
    }

    private static void setIfAbsent(String property, String value) {
        if (System.getProperty(property) == null
                && System.getProperty(property.toLowerCase(java.util.Locale.ROOT)) == null) {
            System.setProperty(property, value);
        }
    }

    /** {@code 2.10.0-1.5.13}, say: libtorch's version and that of its Java bindings. */
    public static String torchVersion() {
        try {
            return Loader.getVersion("org.bytedeco", "pytorch");
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** Whether the native jar on the class path is the one with CUDA in it. */
    public static boolean hasCudaBuild() {
        return TorchRuntime.class.getResource(gpuLibrary()) != null;
    }

    private static String gpuLibrary() {
        return "/org/bytedeco/pytorch/" + Loader.getPlatform() + GPU_BUILD + "/" + System.mapLibraryName("torch_cuda");
    }

    /** NVIDIA GPUs that can be used: 0 without the build for them, a driver, or the libraries it needs. */
    public static int gpus() {
        if (!hasCudaBuild()) {
            return 0;
        }
        load();
        return torch.cuda_is_available() ? (int) torch.cuda_device_count() : 0;
    }

    /**
     * Makes GPUs compute as the CPU does: the same bits every time (attention's derivative adds up in any order unless told
     * not to), and float32 as float32, where cuDNN would round convolutions' factors to TF32's ten bits.
     */
    static void useGpusExactly() {
        load();
        try (Scope scope = new Scope()) {
            Context context = torch.globalContext();
            context.setDeterministicAlgorithms(true, true); // where there is no such kernel: a warning
            context.setDeterministicFillUninitializedMemory(false); // memory is written before it is read here
            context.setDeterministicCuDNN(true);
            context.setAllowTF32CuDNN(false);
            context.setAllowTF32CuBLAS(false);
        }
    }

    /** Why {@link #gpus} finds none, and the mend. */
    static String whyNoGpu() {
        if (!hasCudaBuild()) {
            return "this build of vit4j is for the CPU; build it with -Pcuda on a machine that has an NVIDIA GPU, CUDA 13,"
                    + " cuDNN 9 and NCCL";
        }
        try {
            System.load(Loader.cacheResource(gpuLibrary()).getPath());
        } catch (IOException | UnsatisfiedLinkError e) {
            return "libtorch's GPU library cannot be loaded (" + e.getMessage()
                    + "); install CUDA 13, cuDNN 9 and NCCL, or name their folders in LD_LIBRARY_PATH";
        }
        return "no NVIDIA GPU is usable here (see nvidia-smi)";
    }

    /** Threads that one operation may use. */
    public static int threads() {
        load();
        return torch.get_num_threads();
    }

    /** Sets the threads that one operation may use; the order of sums, and so the last bits, may depend on it. */
    public static void setThreads(int threads) {
        if (threads < 1) {
            throw new InputException("threads is " + threads + "; use 1 or more");
        }
        load();
        torch.set_num_threads(threads);
    }

    /**
     * Makes operations called from the current thread run on it alone. OpenBLAS, which knows no threads of its caller, is
     * kept to the calling thread for the whole process from the start.
     */
    public static void useOneThreadHere() {
        load();
        int others = torch.get_num_threads();
        torch.set_num_threads(1); // of this thread; and, alas, the number that new threads start with
        inheritedThreads(others);
    }

    /** Restores what threads yet to come start with: the number lives in the process, the setting in each thread. */
    private static void inheritedThreads(int threads) {
        Thread restore = new Thread(() -> torch.set_num_threads(threads), "vit4j-threads");
        restore.setDaemon(true);
        restore.start();
        try {
            restore.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether this CPU multiplies bfloat16 numbers in hardware (AVX512-BF16 or AMX), so that bf16 pays. */
    public static boolean cpuHasBfloat16() {
        try {
            String cpu = OpenFiles.text(Path.of("/proc/cpuinfo"));
            return cpu.contains("avx512_bf16") || cpu.contains("amx_bf16");
        } catch (IOException e) {
            return false; // not Linux: unproven there, so the slower format that is always right
        }
    }

    /**
     * Has glibc give blocks of 2 MiB and more back to the system when they are freed. Left to itself it raises that bound to
     * 32 MiB and keeps such blocks in a pool a thread, whose holes held 500 MiB while ViT-B was
     * trained in float32. It costs page faults: a hundredth of the time in float32, a tenth in bfloat16 (docs/experiments.md).
     */
    public static void returnLargeBlocks() {
        setThresholds(2 << 20, 16 << 20);
    }

    /**
     * Has glibc keep blocks of up to 32 MiB, the most that it can, in its pools, and pools of up to 512 MiB: few page faults, but holes.
     * Left to itself it gave pools back after each batch of a model that narrows: 33,000 page faults for eight pictures (docs/experiments.md).
     */
    public static void keepLargeBlocks() {
        setThresholds(32 << 20, 512 << 20);
    }

    /** Unless the environment chooses. */
    private static void setThresholds(int mmap, int trim) {
        load();
        boolean chosen = System.getenv().keySet().stream().anyMatch(name -> name.startsWith("MALLOC_"));
        if (chosen || !Platform.isLinux()) {
            return;
        }
        try {
            EnvironmentLibrary.INSTANCE.mallopt(M_MMAP_THRESHOLD, mmap);
            EnvironmentLibrary.INSTANCE.mallopt(M_TRIM_THRESHOLD, trim);
        } catch (UnsatisfiedLinkError e) {
            LOG.debug("No mallopt in this C library: {}", e.getMessage());
        }
    }

    private interface EnvironmentLibrary extends Library {
        EnvironmentLibrary INSTANCE = NativeFolder.functions(EnvironmentLibrary.class);

        int setenv(String name, String value, int overwrite);

        int mallopt(int parameter, int value);
    }
}
