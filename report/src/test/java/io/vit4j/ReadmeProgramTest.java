package io.vit4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.base.Json;
import io.vit4j.data.ProblemType;
import io.vit4j.model.SmallModels;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
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

        Path images = photos(60);
        Path output = folder.resolve("tuned");
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            Path checkpoint = SmallModels.save(folder.resolve("checkpoint"), ProblemType.MULTI_LABEL, "a", "b");
            String[] arguments = {checkpoint.toString(), images.toString(), output.toString()};
            PrintStream console = System.out;
            System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
            try {
                loader.loadClass("FineTune").getMethod("main", String[].class).invoke(null, (Object) arguments);
            } finally {
                System.setOut(console);
            }
        }
        double area = Json.read(output.resolve("eval_results.json"))
                .path("eval_roc_auc")
                .doubleValue();
        assertThat(area).isBetween(0.0, 1.0); // a number: both classes are in the validation split
        assertThat(said.toString(StandardCharsets.UTF_8)).contains(String.format("macro AUROC %.4f", area));
        assertThat(output.resolve("model.safetensors")).isRegularFile();
        assertThat(output.resolve("report.html")).isRegularFile();
        assertThat(folder.resolve("tuned-dataset/data.arrow")).isRegularFile();
        assertThat(output.resolve("config.json")).content().contains("\"dark\"", "\"light\"");
    }

    /** A folder per class, of so many pictures each. */
    private Path photos(int each) throws IOException {
        Random random = new Random(1);
        for (String label : List.of("dark", "light")) {
            Path of = Files.createDirectories(folder.resolve("photos").resolve(label));
            for (int i = 0; i < each; i++) {
                BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
                int[] pixels = random.ints(32 * 32, 0, 140)
                        .map(level -> level + (label.equals("light") ? 100 : 0))
                        .toArray();
                image.getRaster().setPixels(0, 0, 32, 32, pixels);
                ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
            }
        }
        return folder.resolve("photos");
    }
}
