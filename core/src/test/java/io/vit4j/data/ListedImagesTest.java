package io.vit4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vit4j.base.InputException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder that somebody else lists is what {@link ImageFolder} finds it to be. */
class ListedImagesTest {
    private static final byte[] PNG = {
        (byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R'
    };

    @TempDir
    Path folder;

    private ListedImages listed() throws IOException {
        List<ListedImages.Entry> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile)
                    .map(file -> new ListedImages.Entry(
                            folder.relativize(file).toString(),
                            file.toFile().length(),
                            file.toFile().lastModified()))
                    .toList();
        }
        return new ListedImages(folder.toString(), files, (path, length) -> {
            if (!Files.exists(folder.resolve(path))) {
                throw new FileNotFoundException(path);
            }
            byte[] whole = Files.readAllBytes(folder.resolve(path));
            return Arrays.copyOf(whole, Math.min(length, whole.length));
        });
    }

    private void write(String path, byte[] content) throws IOException {
        Files.createDirectories(folder.resolve(path).getParent());
        Files.write(folder.resolve(path), content);
    }

    @Test
    void theSamePicturesAndMetadataAreFound() throws IOException {
        write("cat/1.png", PNG);
        write("cat/.hidden.png", PNG);
        write("dog/without-an-ending", PNG);
        write("dog/notes", "text".getBytes());
        write("__MACOSX/1.png", PNG);
        write("dog/metadata.jsonl", "{}".getBytes());
        write("readme.txt", "text".getBytes());

        ListedImages listed = listed();
        ImageFolder local = new ImageFolder(folder);

        assertThat(listed.names()).isEqualTo(local.names()).containsExactly("cat/1.png", "dog/without-an-ending");
        assertThat(listed.inventory().metadata().keySet())
                .isEqualTo(local.inventory().metadata().keySet())
                .hasSize(1);
        assertThat(listed.inventory().passedOver())
                .containsExactlyInAnyOrderElementsOf(local.inventory().passedOver());
        for (String name : listed.names()) {
            assertThat(listed.fingerprint(name)).isEqualTo(local.fingerprint(name));
            assertThat(listed.read(name)).isEqualTo(local.read(name));
        }
    }

    @Test
    void aFileThatIsGoneIsNamed() throws IOException {
        write("cat/1.png", PNG);
        ListedImages listed = listed();
        Files.delete(folder.resolve("cat/1.png"));

        assertThatThrownBy(() -> listed.read("cat/1.png"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cat/1.png: cannot be read");
    }
}
