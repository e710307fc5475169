package io.vit4j.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** Inputs worth keeping, in one zip file a target. Those in the test resources are read in every build. */
final class Corpus {
    private Corpus() {}

    /** What the test resources hold for that target. */
    static List<byte[]> kept(String target) throws IOException {
        try (InputStream in = Corpus.class.getResourceAsStream(target + ".zip")) {
            return in == null ? List.of() : read(in);
        }
    }

    /** What the file holds; nothing where it is absent. */
    static List<byte[]> in(Path file) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        try (InputStream in = Files.newInputStream(file)) {
            return read(in);
        }
    }

    private static List<byte[]> read(InputStream in) throws IOException {
        List<byte[]> inputs = new ArrayList<>();
        try (ZipInputStream zip = new ZipInputStream(in)) {
            while (zip.getNextEntry() != null) {
                inputs.add(zip.readAllBytes());
            }
        }
        return inputs;
    }

    static void write(Path file, List<byte[]> inputs) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setLevel(Deflater.BEST_COMPRESSION);
            for (int i = 0; i < inputs.size(); i++) {
                ZipEntry entry = new ZipEntry(String.format("%04d", i));
                entry.setTime(0); // the same inputs give the same file
                zip.putNextEntry(entry);
                zip.write(inputs.get(i));
            }
        }
        Files.createDirectories(file.getParent());
        Files.write(file, bytes.toByteArray());
    }
}
