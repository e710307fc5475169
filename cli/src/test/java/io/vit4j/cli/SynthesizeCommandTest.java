package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SynthesizeCommandTest {
    @TempDir
    Path folder;

    private final CommandRun vit4j = new CommandRun();

    @Test
    void drawsWhatIsAskedForAndSaysWhere() throws IOException {
        Path output = folder.resolve("xrays");
        assertThat(vit4j.run("synthesize", "--output", output.toString(), "--count", "3", "--quiet"))
                .as(vit4j.err())
                .isZero();
        assertThat(vit4j.out()).startsWith(output + ": 3 X-rays of ").contains("3 of them new");
        try (Stream<Path> files = Files.walk(output)) {
            assertThat(files.filter(file -> file.toString().endsWith(".png"))).hasSize(3);
        }
        vit4j.run("synthesize", "--output", output.toString(), "--count", "3", "--quiet");
        assertThat(vit4j.out()).contains("0 of them new");
    }

    @Test
    void whatMakesNoSenseIsOneLine() {
        String output = folder.resolve("xrays").toString();
        assertThat(vit4j.run("synthesize", "--output", output, "--count", "0")).isEqualTo(2);
        assertThat(vit4j.err().lines()).hasSize(1);
        assertThat(vit4j.run("synthesize", "--output", output, "--count", "3", "--prevalence", "rare"))
                .isEqualTo(2);
        assertThat(vit4j.err()).contains("neither balanced nor nih");
        assertThat(vit4j.run("synthesize", "--output", output)).isEqualTo(2);
        assertThat(vit4j.err()).contains("Missing required option: '--count=N'");
        assertThat(vit4j.run("synthesize", "--output", output, "--count", "many"))
                .isEqualTo(2);
        assertThat(vit4j.err().lines()).hasSize(1);
        assertThat(folder.resolve("xrays")).doesNotExist();
    }
}
