package io.vit4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.Progress;
import io.vit4j.data.ProblemType;
import io.vit4j.model.SmallModels;
import io.vit4j.synth.Prevalence;
import io.vit4j.synth.SyntheticRelease;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's Java program is compiled and run, as it stands there. */
class ReadmeProgramTest {
    @TempDir
    Path folder;

    @Test
    void theProgramInTheReadmeTrainsAModel() throws Exception {
        Path readme = Path.of("").toAbsolutePath().getParent().resolve("README.md");
        Matcher program = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(readme));
        assertThat(program.find()).isTrue();
        assertThat(program.group(1).lines()).hasSizeLessThanOrEqualTo(25);
        assertThat(program.group(1).lines().filter(line -> line.startsWith("import")))
                .hasSizeLessThanOrEqualTo(5);
        Path source = Files.writeString(folder.resolve("FineTune.java"), program.group(1));
        int errors = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-d",
                        folder.toString(),
                        source.toString());
        assertThat(errors).isZero();

        Path images = folder.resolve("xrays");
        SyntheticRelease.write(
                new SyntheticRelease.Options(images, 24, 5, Prevalence.of("balanced")), 2, Progress.NONE);
        Path output = folder.resolve("tuned");
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            Path checkpoint = SmallModels.save(folder.resolve("checkpoint"), ProblemType.MULTI_LABEL, "a", "b");
            String[] arguments = {checkpoint.toString(), images.toString(), output.toString()};
            loader.loadClass("FineTune").getMethod("main", String[].class).invoke(null, (Object) arguments);
        }
        assertThat(output.resolve("model.safetensors")).isRegularFile();
        assertThat(output.resolve("report.html")).isRegularFile();
        assertThat(folder.resolve("tuned-dataset/data.arrow")).isRegularFile();
        assertThat(output.resolve("config.json")).content().contains("\"Pneumothorax\"");
    }
}
