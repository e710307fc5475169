package io.vit4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.vit4j.JavaProcess;
import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The native library on a machine that has never seen it, and devices it does not have. */
class FirstLoadTest {
    @TempDir
    Path cache;

    /** What each process runs: the first load, and one sum. */
    public static final class FirstLoad {
        public static void main(String[] arguments) {
            try (Scope scope = new Scope()) {
                Tensor numbers = Tensors.of(new float[] {1, 2, 3.5f}, 3);
                System.out.println("sum " + Tensors.item(numbers.sum()));
            }
        }
    }

    @Tag("exhaustive")
    @Test
    void processesThatStartTogetherOnAnEmptyCacheAllLoad() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(start());
        }
        for (Process process : processes) {
            String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(said).isZero();
            assertThat(said).contains("sum 6.5");
        }
    }

    private Process start() throws IOException {
        return JavaProcess.of(FirstLoad.class, List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache, "-Xmx256m"))
                .redirectErrorStream(true)
                .start();
    }

    /** They take longer to look for than the CPU's take to load, and where CUDA is installed they would be loaded. */
    @Test
    void aBuildForTheCpuDoesNotLookForTheGpusLibraries() {
        assumeFalse(TorchRuntime.hasCudaBuild(), "skipped: this build is the one for GPUs");
        TorchRuntime.load();
        assertThat(Loader.loadProperties(torch.class, Loader.loadProperties(), true)
                        .get("platform.preload"))
                .anyMatch(library -> library.startsWith("gomp"))
                .noneMatch(
                        library -> library.startsWith("cu") || library.startsWith("nv") || library.endsWith("_cuda"));
    }

    @Test
    void aGpuThatIsNotThereIsSaidInOneLine() {
        assumeFalse(TorchRuntime.hasCudaBuild(), "skipped: this build is the one for GPUs");
        assertThatThrownBy(() -> Device.parse("cuda:0"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("-Pcuda");
        assertThatThrownBy(() -> Device.parse("tpu"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("tpu");
    }
}
