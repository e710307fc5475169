package io.vit4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every claim of docs/reliability.md names a test, and the test is there. */
class ReliabilityPageTest {
    /** {@code `ATest.method`}, {@code `ATest`} for all of it, or {@code `…method`} of the class named before. */
    private static final Pattern NAMED = Pattern.compile("`(?:(\\w+Test)(?:\\.(\\w+))?|…(\\w+))`");

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("docs/reliability.md"))) {
            here = here.getParent();
        }
        return here;
    }

    /** The rows of the tables of three columns, without their headings. */
    private static List<String> claims() throws IOException {
        return Files.readAllLines(root().resolve("docs/reliability.md")).stream()
                .filter(line -> line.startsWith("| ") && line.split(" \\| ").length == 3)
                .filter(line -> !line.startsWith("| ---") && !line.startsWith("| what "))
                .toList();
    }

    private static Optional<String> source(String testClass) throws IOException {
        for (String module : List.of("base", "image", "webp", "dicom", "synth", "core", "report", "cli")) {
            try (Stream<Path> files = Files.walk(root().resolve(module).resolve("src/test/java"))) {
                Optional<Path> found = files.filter(
                                file -> file.getFileName().toString().equals(testClass + ".java"))
                        .findFirst();
                if (found.isPresent()) {
                    return found.map(ReliabilityPageTest::read);
                }
            }
        }
        return Optional.empty();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether there is such a method, with an annotation of JUnit's in the lines before it. */
    private static boolean isTest(String source, String method) {
        int at = source.indexOf("void " + method + "(");
        return at >= 0
                && source.substring(source.lastIndexOf("\n\n", at), at).matches("(?s).*@(Parameterized)?Test\\b.*");
    }

    @Test
    void everyClaimNamesATestThatIsThere() throws IOException {
        List<String> claims = claims();
        assertThat(claims).hasSizeGreaterThan(30);
        for (String claim : claims) {
            String shownBy = claim.substring(claim.lastIndexOf(" | ", claim.length() - 3));
            Matcher named = NAMED.matcher(shownBy);
            assertThat(named.find()).as("a test in: %s", claim).isTrue();
            String testClass = "";
            do {
                testClass = named.group(1) != null ? named.group(1) : testClass;
                String method = named.group(2) != null ? named.group(2) : named.group(3);
                Optional<String> source = source(testClass);
                assertThat(source).as("%s, in: %s", testClass, claim).isPresent();
                assertThat(method == null || isTest(source.get(), method))
                        .as("%s, in: %s", named.group(), claim)
                        .isTrue();
            } while (named.find());
        }
    }
}
