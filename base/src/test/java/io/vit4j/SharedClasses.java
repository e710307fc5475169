package io.vit4j;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The classes that the tests' processes load, read and verified once for all of them: Java's archive of an application's
 * classes, which halves the time that such a process takes. It is made by the module's program for warming up, which the
 * resource {@value #WARM_UP} names, and made anew when a class has changed. Java archives classes from jars alone, so that the
 * folders of the class path become jars first.
 */
final class SharedClasses {
    private static final String WARM_UP = "META-INF/vit4j-warm-up";
    private static final Path FOLDER = Path.of("target", "shared-classes").toAbsolutePath();

    /** @param classPath of the processes; {@code flags} name the archive, if there is one */
    record Made(String classPath, List<String> flags) {}

    static final Made HERE = make();

    private SharedClasses() {}

    private static Made make() {
        String classPath = System.getProperty("java.class.path");
        URL warmUp = SharedClasses.class.getClassLoader().getResource(WARM_UP);
        if (warmUp == null || !Files.isDirectory(FOLDER.getParent())) {
            return new Made(classPath, List.of());
        }
        try {
            Files.createDirectories(FOLDER);
            try (FileChannel file = FileChannel.open(
                            FOLDER.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = file.lock()) {
                return upToDate(classPath, warmUp);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Made upToDate(String classPath, URL warmUp) throws IOException, InterruptedException {
        List<String> jars = new ArrayList<>();
        List<Path> folders = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator)) {
            if (Files.isDirectory(Path.of(entry))) {
                folders.add(Path.of(entry));
                jars.add(FOLDER.resolve(folders.size() + ".jar").toString());
            } else if (Files.exists(Path.of(entry))) {
                jars.add(entry);
            }
        }
        String jarPath = String.join(File.pathSeparator, jars);
        Path archive = FOLDER.resolve("classes.jsa");
        Path note = FOLDER.resolve("made-of");
        String state = classPath + "\n" + states(folders);
        if (!Files.exists(note) || !Files.readString(note).equals(state)) {
            Files.deleteIfExists(note);
            Files.deleteIfExists(archive);
            for (int i = 0; i < folders.size(); i++) {
                jar(folders.get(i), FOLDER.resolve(i + 1 + ".jar"));
            }
            String main;
            try (var in = warmUp.openStream()) {
                main = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
            }
            warmUp(List.of("-XX:ArchiveClassesAtExit=" + archive, "-cp", jarPath, main));
            Files.writeString(note, state);
        }
        // a Java that cannot use the archive does without it, and says nothing
        return new Made(jarPath, List.of("-XX:SharedArchiveFile=" + archive, "-Xshare:auto", "-Xlog:disable"));
    }

    private static void warmUp(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(JavaProcess.java());
        command.addAll(arguments);
        Path said = FOLDER.resolve("warm-up.log");
        int exitCode = JavaProcess.quiet(new ProcessBuilder(command))
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start()
                .waitFor();
        if (exitCode != 0) {
            throw new IllegalStateException("the program for warming up failed: " + Files.readString(said));
        }
    }

    private static List<String> states(List<Path> folders) throws IOException {
        List<String> states = new ArrayList<>();
        for (Path folder : folders) {
            for (Path file : files(folder)) {
                states.add(file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file));
            }
        }
        return states;
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static void jar(Path folder, Path jar) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            out.setLevel(Deflater.NO_COMPRESSION);
            for (Path file : files(folder)) {
                out.putNextEntry(new ZipEntry(folder.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, out);
            }
        }
    }
}
