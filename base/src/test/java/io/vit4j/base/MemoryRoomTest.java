package io.vit4j.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Linux's files say about memory, in an image of its file system. */
class MemoryRoomTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path root;

    @BeforeEach
    void aMachineOf16GibOfWhich10AreAvailable() throws IOException {
        write("proc/meminfo", "MemTotal:       16777216 kB\nMemFree:  1 kB\nMemAvailable:   10485760 kB\n");
    }

    private void write(String file, String text) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text);
    }

    private MemoryRoom room() {
        return MemoryRoom.read(root).orElseThrow();
    }

    @Test
    void withoutALimitTheMachinesMemoryCounts() throws IOException {
        assertThat(room()).isEqualTo(new MemoryRoom(10240 * MIB, "of this machine's 16.0 GiB"));
        write("proc/self/cgroup", "0::/user.slice/run\n");
        write("sys/fs/cgroup/user.slice/run/memory.max", "max\n");
        write("sys/fs/cgroup/user.slice/run/memory.current", 500 * MIB + "\n");
        assertThat(room().bytes()).isEqualTo(10240 * MIB);
    }

    @Test
    void theLimitOfAGroupOfVersionTwoHoldsLessWhatIsUsedAndNotCache() throws IOException {
        write("proc/self/cgroup", "0::/pod/container\n");
        write("sys/fs/cgroup/pod/container/memory.max", 4096 * MIB + "\n");
        write("sys/fs/cgroup/pod/container/memory.current", 3000 * MIB + "\n");
        write(
                "sys/fs/cgroup/pod/container/memory.stat",
                "anon 1\nactive_file " + 200 * MIB + "\ninactive_file " + 800 * MIB + "\n");
        assertThat(room()).isEqualTo(new MemoryRoom(2096 * MIB, "of this container's limit of 4.0 GiB"));
        write("sys/fs/cgroup/pod/memory.max", 1024 * MIB + "\n"); // the group around it
        write("sys/fs/cgroup/pod/memory.current", 1000 * MIB + "\n");
        assertThat(room().bytes()).isEqualTo(24 * MIB);
    }

    @Test
    void theLimitOfAGroupOfVersionOneHolds() throws IOException {
        write("proc/self/cgroup", "5:cpu,cpuacct:/docker/1f\n4:memory:/docker/1f\n0::/\n");
        write("sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes", 2048 * MIB + "\n");
        write("sys/fs/cgroup/memory/docker/1f/memory.usage_in_bytes", 1500 * MIB + "\n");
        write("sys/fs/cgroup/memory/docker/1f/memory.stat", "inactive_file 5\ntotal_inactive_file " + 100 * MIB + "\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        write("sys/fs/cgroup/memory/memory.usage_in_bytes", "1\n");
        assertThat(room()).isEqualTo(new MemoryRoom(648 * MIB, "of this container's limit of 2.0 GiB"));
    }

    @Test
    void aContainerThatSeesItsOwnGroupOnlyIsLimitedByIt() throws IOException {
        write("proc/self/cgroup", "0::/../../elsewhere\n");
        write("sys/fs/cgroup/memory.max", 512 * MIB + "\n");
        write("sys/fs/cgroup/memory.current", 600 * MIB + "\n");
        assertThat(room()).isEqualTo(new MemoryRoom(0, "of this container's limit of 512 MiB"));
    }

    @Test
    void whereNothingIsSaidThereIsNoLimit() {
        assertThat(MemoryRoom.read(root.resolve("nowhere"))).isEmpty();
    }
}
