package io.vit4j.spark;

import io.vit4j.base.InputException;
import io.vit4j.base.OpenFiles;
import io.vit4j.base.Privacy;
import io.vit4j.data.ListedImages;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.util.SerializableConfiguration;

/** A folder of any file system that Hadoop knows ({@code hdfs:}, {@code s3a:}, {@code file:}, ...); can be sent to executors. */
final class HadoopFolder implements Serializable {
    private static final int CHUNK = 1 << 20;

    private final String uri;
    private final SerializableConfiguration configuration;

    private HadoopFolder(String uri, SerializableConfiguration configuration) {
        this.uri = uri;
        this.configuration = configuration;
    }

    /** @param path with or without its file system; without, the cluster's default one */
    static HadoopFolder of(String path, Configuration configuration) {
        try {
            Path folder = new Path(path);
            FileSystem system = folder.getFileSystem(configuration);
            return new HadoopFolder(
                    system.makeQualified(folder).toString(), new SerializableConfiguration(configuration));
        } catch (IOException | IllegalArgumentException e) {
            throw new InputException(path + ": is in no file system that this cluster can reach: " + e.getMessage(), e);
        }
    }

    /** The folder's whole address. */
    @Override
    public String toString() {
        return uri;
    }

    HadoopFolder resolve(String below) {
        return new HadoopFolder(new Path(uri, below).toString(), configuration);
    }

    private FileSystem system() throws IOException {
        return new Path(uri).getFileSystem(configuration.value());
    }

    private Path path(String below) {
        return below.isEmpty() ? new Path(uri) : new Path(uri, below);
    }

    /** All files in it and below, in no order; none if there is no such folder. */
    List<ListedImages.Entry> files() throws IOException {
        List<ListedImages.Entry> found = new ArrayList<>();
        Path root = system().makeQualified(new Path(uri));
        try {
            if (system() instanceof LocalFileSystem || system() instanceof RawLocalFileSystem) {
                addBelow(root, root, found);
                return found;
            }
            RemoteIterator<LocatedFileStatus> files = system().listFiles(root, true);
            while (files.hasNext()) {
                found.add(entry(root, files.next()));
            }
        } catch (FileNotFoundException e) {
            return List.of();
        }
        return found;
    }

    /** Of a local folder: to list all that is below at once, Hadoop starts a process for each file, to learn its owner. */
    private void addBelow(Path root, Path folder, List<ListedImages.Entry> found) throws IOException {
        for (FileStatus each : system().listStatus(folder)) {
            if (each.isDirectory()) {
                addBelow(root, each.getPath(), found);
            } else {
                found.add(entry(root, each));
            }
        }
    }

    private static ListedImages.Entry entry(Path root, FileStatus file) {
        String path = root.toUri().relativize(file.getPath().toUri()).getPath();
        return new ListedImages.Entry(path, file.getLen(), file.getModificationTime());
    }

    /** Names of the folders and files in it; none if there is no such folder. */
    List<String> names() throws IOException {
        List<String> names = new ArrayList<>();
        try {
            for (FileStatus each : system().listStatus(new Path(uri))) {
                names.add(each.getPath().getName());
            }
        } catch (FileNotFoundException e) {
            return List.of();
        }
        return names;
    }

    boolean has(String below) throws IOException {
        return system().exists(path(below));
    }

    /** Length and date of a file. */
    ListedImages.Entry entry(String below) throws IOException {
        FileStatus status = system().getFileStatus(path(below));
        return new ListedImages.Entry(below, status.getLen(), status.getModificationTime());
    }

    /** The first bytes of a file, at most so many. */
    byte[] read(String below, int length) throws IOException {
        try (FSDataInputStream in = system().open(path(below))) {
            return in.readNBytes(length);
        }
    }

    byte[] read(String below) throws IOException {
        return read(below, Integer.MAX_VALUE - 8);
    }

    /** A new file, in place of one of that name. */
    OutputStream create(String below) throws IOException {
        return system().create(path(below), true);
    }

    /** Gives a file or folder another name, at which there must be nothing. */
    void rename(String from, String to) throws IOException {
        if (!system().rename(path(from), path(to))) {
            throw new IOException(path(from) + " cannot be renamed to " + path(to));
        }
    }

    /** Removes a file or a folder, if it is there. */
    void delete(String below) throws IOException {
        system().delete(path(below), true);
    }

    void create() throws IOException {
        if (!system().mkdirs(new Path(uri))) {
            throw new IOException(uri + " cannot be created");
        }
    }

    /** Copies the files of a local folder, and of those below, into this one. */
    void upload(java.nio.file.Path local, Predicate<String> wanted) throws IOException {
        create();
        List<java.nio.file.Path> files;
        try (Stream<java.nio.file.Path> all = Files.walk(local)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        for (java.nio.file.Path file : files) {
            String below = local.relativize(file).toString();
            if (wanted.test(below)) {
                try (InputStream in = OpenFiles.stream(file);
                        OutputStream out = create(below)) {
                    in.transferTo(out);
                }
            }
        }
    }

    /** Copies all files into a local folder, which is made. */
    void download(java.nio.file.Path local, Predicate<String> wanted) throws IOException {
        Files.createDirectories(local);
        List<ListedImages.Entry> files = files();
        files.sort(Comparator.comparing(ListedImages.Entry::path));
        for (ListedImages.Entry file : files) {
            if (wanted.test(file.path())) {
                java.nio.file.Path to = local.resolve(file.path());
                Files.createDirectories(to.getParent());
                try (InputStream in = system().open(path(file.path()), CHUNK);
                        OutputStream out = Channels.newOutputStream(OpenFiles.replace(to, Privacy.ofFile(to)))) {
                    in.transferTo(out);
                }
            }
        }
    }
}
