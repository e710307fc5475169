import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;

/**
 * Checks the outputs of an executed walkthrough: every cell ran in order and without an error, the twelve X-rays and both
 * curves are there and not blank, the tables are there, the progress lines came to their end, and what was learned is worth
 * something.
 */
class CheckOutputs {
    /** Guessing is 0.5; the notebook's seed gives 0.87. */
    private static final double LEAST_AUROC = 0.8;

    private static final int MOST_BYTES = 2_000_000;
    private static final int IMAGES = 3;

    private final List<String> wrong = new ArrayList<>();
    private final List<BufferedImage> images = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder html = new StringBuilder();

    public static void main(String[] args) throws IOException {
        CheckOutputs check = new CheckOutputs();
        Path notebook = Path.of(args[0]);
        check.check(new ObjectMapper().readTree(notebook.toFile()), Files.size(notebook));
        check.wrong.forEach(line -> System.err.println(notebook + ": " + line));
        if (!check.wrong.isEmpty()) {
            System.exit(1);
        }
        System.out.println(notebook + ": ran to its end, outputs as they should be");
    }

    private void check(JsonNode notebook, long bytes) throws IOException {
        int cell = 0;
        for (JsonNode each : notebook.path("cells")) {
            if (each.path("cell_type").asText().equals("code")) {
                cell++;
                require(each.path("execution_count").asInt() == cell, "cell " + cell + " did not run in its turn");
                for (JsonNode output : each.path("outputs")) {
                    read(output, cell);
                }
            }
        }
        require(cell > 10, "only " + cell + " cells of code");
        require(bytes < MOST_BYTES, bytes + " bytes; a code host shows less than " + MOST_BYTES);

        require(images.size() == IMAGES, images.size() + " pictures, not " + IMAGES);
        images.forEach(image -> require(colours(image) > 20, "a picture of one colour"));

        for (String line : List.of("Encoder 11 --> IPU 3", "Edema", "[0, ", "In truth: ", "Report written: true")) {
            require(text.indexOf(line) >= 0, "\"" + line + "\" is nowhere in the outputs");
        }
        for (String cellOfTable : List.of("<th>Finding Labels</th>", "<td>00000001_000.png</td>", "<th>AUROC</th>")) {
            require(html.indexOf(cellOfTable) >= 0, cellOfTable + " is in no table");
        }
        for (String what : List.of("Drawing", "Training")) {
            require(Pattern.compile(what + "[^\n]* \\|█{30}\\| (\\d+) of \\1,").matcher(text).find(),
                    "the line of \"" + what + "\" did not come to its end");
        }
        Matcher auroc = Pattern.compile("macro AUROC (0\\.\\d+)").matcher(text);
        require(auroc.find() && Double.parseDouble(auroc.group(1)) >= LEAST_AUROC,
                "the macro AUROC is missing or below " + LEAST_AUROC);
    }

    private void read(JsonNode output, int cell) throws IOException {
        String type = output.path("output_type").asText();
        require(!type.equals("error"), "cell " + cell + ": " + output.path("ename").asText() + " "
                + output.path("evalue").asText());
        boolean complaint = type.equals("stream") && output.path("name").asText().equals("stderr");
        require(!complaint, "cell " + cell + " wrote to standard error: " + joined(output.path("text")));
        text.append(joined(output.path("text"))).append('\n');
        JsonNode data = output.path("data");
        text.append(joined(data.path("text/plain"))).append('\n');
        html.append(joined(data.path("text/html")));
        if (data.has("image/png")) {
            byte[] png = Base64.getMimeDecoder().decode(joined(data.path("image/png")));
            BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
            require(image != null && image.getWidth() >= 600, "cell " + cell + ": no picture of 600 pixels or more");
            if (image != null) {
                images.add(image);
            }
        }
    }

    private static String joined(JsonNode text) {
        StringBuilder all = new StringBuilder(text.isTextual() ? text.asText() : "");
        text.forEach(line -> all.append(line.asText()));
        return all.toString();
    }

    private static long colours(BufferedImage image) {
        return java.util.Arrays.stream(image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()))
                .distinct()
                .count();
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            wrong.add(otherwise);
        }
    }
}
