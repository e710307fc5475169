package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeadingOutTest {
    @TempDir
    Path folder;

    private Path data;
    private Path elsewhere;

    @BeforeEach
    void makeFolders() throws IOException {
        folder = folder.toRealPath();
        data = Files.createDirectories(folder.resolve("data"));
        elsewhere = Files.createDirectories(folder.resolve("private"));
        picture(data.resolve("cat/1.png"));
        picture(data.resolve("dog/2.png"));
        picture(elsewhere.resolve("a/x.png"));
        picture(elsewhere.resolve("b/y.png"));
    }

    private static void picture(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[10]);
    }

    private int pictures(Path from, boolean follow) {
        try (DataFolder opened = DataFolder.builder(from).followLinks(follow).open()) {
            return opened.labels().rows().size();
        }
    }

    private void refused(String what) {
        assertThatThrownBy(() -> pictures(data, false))
                .isInstanceOf(InputException.class)
                .hasMessage(data + ": " + what
                        + "; copy what they lead to into it, or allow them with prepare --follow-links");
    }

    @Test
    void picturesElsewhereAreCountedAndNamed() throws IOException {
        Files.createSymbolicLink(data.resolve("cat/0.png"), elsewhere.resolve("a/x.png"));
        refused("1 file in it is reached through links that lead out of the folder (" + data + "/cat/0.png -> "
                + elsewhere + "/a/x.png)");
        Files.createSymbolicLink(data.resolve("bird"), elsewhere.resolve("a"));
        assertThatThrownBy(() -> pictures(data, false))
                .hasMessageContaining(
                        ": 2 files in it are reached through links that lead out of the folder (the first: ");
        assertThat(pictures(data, true)).isEqualTo(4);
    }

    @Test
    void theFolderOfPicturesElsewhereIsRefusedToo() throws IOException {
        Files.createSymbolicLink(data.resolve("images"), elsewhere);
        refused("2 files in it are reached through links that lead out of the folder (the first: " + data
                + "/images/a/x.png -> " + elsewhere + "/a/x.png)");
        assertThat(pictures(data, true)).isEqualTo(2);
    }

    @Test
    void labelsElsewhereAreRefusedUnlessTheyAreNamed() throws IOException {
        Path csv = Files.writeString(elsewhere.resolve("m.csv"), "file_name,label\ncat/1.png,a\ndog/2.png,b\n");
        Files.createSymbolicLink(data.resolve("metadata.csv"), csv);
        refused("1 file in it is reached through links that lead out of the folder (" + data + "/metadata.csv -> " + csv
                + ")");
        assertThat(pictures(data, true)).isEqualTo(2);
        Files.delete(data.resolve("metadata.csv"));
        try (DataFolder named = DataFolder.builder(data).labelFile(csv).open()) {
            assertThat(named.labels().rows()).hasSize(2);
        }
    }

    @Test
    void linksWithinAndTheFolderItselfAreFine() throws IOException {
        Files.createSymbolicLink(data.resolve("dog/1.png"), Path.of("../cat/1.png"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), data);
        assertThat(pictures(link, false)).isEqualTo(3);
    }

    @Test
    void aSnapshotOfTheHubsCacheLinksToItsBlobs() throws IOException {
        Path repository = Files.createDirectories(folder.resolve("datasets--a--b"));
        picture(repository.resolve("blobs/0123"));
        Path snapshot = Files.createDirectories(repository.resolve("snapshots/abc/cat"));
        Files.createSymbolicLink(snapshot.resolve("1.png"), Path.of("../../../blobs/0123"));
        Files.createDirectories(snapshot.resolveSibling("dog"));
        Files.createSymbolicLink(snapshot.resolveSibling("dog").resolve("1.png"), Path.of("../../../blobs/0123"));
        assertThat(pictures(snapshot.getParent(), false)).isEqualTo(2);
    }
}
