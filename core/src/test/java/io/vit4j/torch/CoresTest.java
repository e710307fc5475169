package io.vit4j.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoresTest {
    @TempDir
    Path root;

    @Test
    void hardwareThreadsOfOneCoreCountOnce() throws IOException {
        allow("0-3");
        siblings("0,2", 0, 2);
        siblings("1,3", 1, 3);
        assertThat(Cores.available(root, 4)).hasValue(2);
    }

    @Test
    void onlyProcessorsThatThisProcessMayUseCount() throws IOException {
        allow("0-1,4");
        for (int cpu = 0; cpu < 8; cpu++) {
            siblings(Integer.toString(cpu), cpu);
        }
        assertThat(Cores.available(root, 8)).hasValue(3);
    }

    @Test
    void aContainersLimitBoundsThem() throws IOException {
        allow("0-63");
        assertThat(Cores.available(root, 5))
                .as("no topology: each its own core")
                .hasValue(5);
    }

    @Test
    void aSystemThatDoesNotSayLeavesTheChoiceToLibtorch() throws IOException {
        assertThat(Cores.available(root, 4)).isEmpty();
        allow("?");
        assertThat(Cores.available(root, 4)).isEmpty();
    }

    private void allow(String list) throws IOException {
        Path status = root.resolve("proc/self/status");
        Files.createDirectories(status.getParent());
        Files.writeString(status, "Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t" + list + "\n");
    }

    private void siblings(String list, int... cpus) throws IOException {
        for (int cpu : cpus) {
            Path topology = root.resolve("sys/devices/system/cpu/cpu" + cpu + "/topology");
            Files.createDirectories(topology);
            Files.writeString(topology.resolve("thread_siblings_list"), list + "\n");
        }
    }
}
