package io.vit4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vit4j.base.Json;
import io.vit4j.base.RandomKey;
import io.vit4j.image.Picture;
import io.vit4j.image.PngEncoder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every form in which pictures and labels come goes through prepare, train, evaluate and predict. */
class EveryFormOfDataTest {
    private static final int PICTURES = 24;
    private static final String MODEL =
            "{\"model_type\":\"vit\",\"hidden_size\":16,\"num_hidden_layers\":1,\"num_attention_heads\":2,"
                    + "\"intermediate_size\":32,\"image_size\":32,\"patch_size\":16}";

    @TempDir
    Path folder;

    private enum Form {
        CLASS_FOLDERS,
        SPLIT_CLASS_FOLDERS,
        ONE_LABEL_COLUMN,
        JOINED_LABELS,
        LABEL_COLUMNS_WITH_UNKNOWNS,
        METADATA_JSONL,
        METADATA_CSV,
        ZIP,
        TAR_GZ,
        OLDER_NIH
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void goesAllTheWay(Form form) throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        String[] how = write(form, data);
        Path processor = Files.createDirectories(folder.resolve("processor"));
        Files.writeString(processor.resolve("config.json"), MODEL);
        Files.writeString(processor.resolve("preprocessor_config.json"), "{\"size\": 32}");
        Path dataset = folder.resolve("dataset");
        Path tuned = folder.resolve("tuned");

        String[] prepare = {
            "prepare", "--data", data.toString(), "--output", dataset.toString(), "--model", processor.toString()
        };
        succeed(concat(prepare, how));
        succeed(
                "train",
                "--from-scratch",
                processor.resolve("config.json").toString(),
                "--dataset",
                dataset.toString(),
                "--output",
                tuned.toString(),
                "--num-train-epochs",
                "1",
                "--save-strategy",
                "no",
                "--bf16",
                "false");
        succeed("evaluate", "--model", tuned.toString(), "--dataset", dataset.toString());
        assertThat(Json.read(tuned.resolve("eval_results.json"))
                        .get("eval_loss")
                        .isNumber())
                .isTrue();

        Path picture = Files.write(folder.resolve("new.png"), picture(999));
        JsonNode line = Json.parse(
                succeed("predict", "--model", tuned.toString(), "--json", picture.toString())
                        .out()
                        .strip(),
                "predict");
        assertThat(line.get("scores").size()).isGreaterThanOrEqualTo(2);
    }

    /** Writes the form's files; returns what prepare must be told. */
    private String[] write(Form form, Path data) throws IOException {
        switch (form) {
            case CLASS_FOLDERS -> {
                for (int i = 0; i < PICTURES; i++) {
                    put(data.resolve(i % 2 == 0 ? "cat" : "dog"), i);
                }
                return new String[] {"--validation", "0.25", "--test", "0"};
            }
            case SPLIT_CLASS_FOLDERS -> {
                for (int i = 0; i < PICTURES; i++) {
                    put(data.resolve(i < 16 ? "train" : "validation").resolve(i % 2 == 0 ? "cat" : "dog"), i);
                }
                return new String[0];
            }
            case ONE_LABEL_COLUMN -> {
                table(data, "file;kind;who\n", i -> i + ".png;" + (i % 3 == 0 ? "red" : "green") + ";p" + i / 2 + "\n");
                return options(data, "--image-column", "file", "--label-column", "kind", "--patient-column", "who");
            }
            case JOINED_LABELS -> {
                table(data, "file,found\n", i -> i + ".png," + (i % 2 == 0 ? "a|b" : i % 3 == 0 ? "a" : "c") + "\n");
                return options(data, "--image-column", "file", "--label-column", "found", "--label-separator", "|");
            }
            case LABEL_COLUMNS_WITH_UNKNOWNS -> {
                table(
                        data,
                        "file,Edema,Mass\n",
                        i -> i + ".png," + i % 2 + "," + (i % 5 == 0 ? "-1" : i % 3 == 0 ? "" : i % 2) + "\n");
                return options(
                        data, "--image-column", "file", "--label-columns", "Edema,Mass", "--uncertain", "ignore");
            }
            case METADATA_JSONL -> {
                StringBuilder lines = new StringBuilder();
                for (int i = 0; i < PICTURES; i++) {
                    put(data, i);
                    lines.append("{\"file_name\": \"")
                            .append(i)
                            .append(".png\", \"label\": \"")
                            .append(i % 2 == 0 ? "cat" : "dog")
                            .append("\"}\n");
                }
                Files.writeString(data.resolve("metadata.jsonl"), lines);
                return new String[] {"--validation", "0.25", "--test", "0"};
            }
            case METADATA_CSV -> {
                StringBuilder lines = new StringBuilder("file_name,label\n");
                for (int i = 0; i < PICTURES; i++) {
                    put(data, i);
                    lines.append(i)
                            .append(".png,")
                            .append(i % 2 == 0 ? "cat" : "dog")
                            .append('\n');
                }
                Files.writeString(data.resolve("metadata.csv"), lines);
                return new String[] {"--validation", "0.25", "--test", "0"};
            }
            case TAR_GZ -> {
                nih(data, "Data_Entry_2017_v2020.csv", "");
                try (OutputStream file = Files.newOutputStream(data.resolve("images_001.tar.gz"));
                        TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(file))) {
                    for (int i = 0; i < PICTURES; i++) {
                        byte[] png = picture(i);
                        TarArchiveEntry entry = new TarArchiveEntry("images/" + name(i));
                        entry.setSize(png.length);
                        tar.putArchiveEntry(entry);
                        tar.write(png);
                        tar.closeArchiveEntry();
                    }
                }
                return new String[] {"--validation", "0.25", "--test", "0"};
            }
            case ZIP -> {
                nih(data, "Data_Entry_2017_v2020.csv", "");
                try (OutputStream file = Files.newOutputStream(data.resolve("images_001.zip"));
                        ZipOutputStream zip = new ZipOutputStream(file)) {
                    for (int i = 0; i < PICTURES; i++) {
                        zip.putNextEntry(new ZipEntry("images/" + name(i)));
                        zip.write(picture(i));
                        zip.closeEntry();
                    }
                }
                return new String[] {"--validation", "0.25", "--test", "0"};
            }
            case OLDER_NIH -> {
                nih(data, "Data_Entry_2017.csv", ",");
                Files.createDirectories(data.resolve("images"));
                for (int i = 0; i < PICTURES; i++) {
                    Files.write(data.resolve("images").resolve(name(i)), picture(i));
                }
                return new String[] {"--validation", "0.25", "--test", "0"};
            }
            default -> throw new AssertionError(form);
        }
    }

    private static String name(int i) {
        return String.format("%08d_000.png", i);
    }

    private static void nih(Path data, String file, String lineEnd) throws IOException {
        StringBuilder rows = new StringBuilder("Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,"
                + "Patient Gender,View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]" + lineEnd
                + "\n");
        for (int i = 0; i < PICTURES; i++) {
            String findings = List.of("No Finding", "Mass", "Edema|Mass").get(i % 3);
            rows.append(name(i))
                    .append(',')
                    .append(findings)
                    .append(",0,")
                    .append(i)
                    .append(",60,M,PA,2500,2048,0.1,0.1");
            rows.append(lineEnd).append('\n');
        }
        Files.writeString(data.resolve(file), rows);
    }

    private String[] options(Path data, String... more) {
        String[] all = {"--labels", data.resolve("labels.csv").toString(), "--validation", "0.25", "--test", "0"};
        return concat(all, more);
    }

    private void table(Path data, String header, java.util.function.IntFunction<String> row) throws IOException {
        StringBuilder text = new StringBuilder(header);
        for (int i = 0; i < PICTURES; i++) {
            put(data, i);
            text.append(row.apply(i));
        }
        Files.writeString(data.resolve("labels.csv"), text);
    }

    private static void put(Path folder, int i) throws IOException {
        Files.write(Files.createDirectories(folder).resolve(i + ".png"), picture(i));
    }

    /** Noise in grey, another for each number. */
    private static byte[] picture(int number) {
        byte[] pixels = new byte[40 * 36];
        RandomKey.Stream random = RandomKey.of(number).stream();
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) random.nextInt(256);
        }
        return PngEncoder.encode(new Picture(40, 36, 1, pixels));
    }

    private static String[] concat(String[] a, String... b) {
        String[] all = java.util.Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    private static CommandRun succeed(String... arguments) {
        CommandRun run = CommandRun.of(arguments);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run;
    }
}
