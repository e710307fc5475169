package io.vit4j.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.vit4j.base.InputException;
import io.vit4j.base.JsonObject;
import io.vit4j.image.ImageProcessor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalisationTest {
    @TempDir
    Path folder;

    @Test
    void theReleasesOwnRowsAreRead() throws Exception {
        Path file = Files.writeString(
                folder.resolve("BBox_List_2017.csv"),
                "Image Index,Finding Label,Bbox [x,y,w,h],,,\r\n"
                        + "00013118_008.png,Atelectasis,225.084745762712,547.019216763771,86.7796610169491,79.1864406779661,,,\r\n"
                        + "00013118_008.png,Infiltrate,1,2,3,4,,,\r\n");
        NihBoxes boxes = NihBoxes.read(file);
        assertThat(boxes.of("00013118_008.png", "Infiltration"))
                .containsExactly(new NihBoxes.Box("Infiltration", 1, 2, 3, 4));
        assertThat(boxes.of("00013118_008.png", "Atelectasis").get(0).x()).isEqualTo(225.084745762712);
        assertThat(boxes.of("other.png", "Mass")).isEmpty();
    }

    @Test
    void anotherFileIsRefusedWithTheMend() throws Exception {
        Path labels = Files.writeString(folder.resolve("a.csv"), "Image Index,Finding Labels,Follow-up #\na,b,1\n");
        assertThatThrownBy(() -> NihBoxes.read(labels))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("BBox_List_2017.csv");
        Path broken = Files.writeString(folder.resolve("b.csv"), "a,b,Bbox [x,y,w,h]\np,Mass,1,x,3,4\n");
        assertThatThrownBy(() -> NihBoxes.read(broken))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("line 2");
    }

    @Test
    void aMapThatIsTheBoxScoresOneAndOneBesideItZero() {
        // The hot cell is the lower right quarter; at half heat its edge lies where the box's does.
        Heatmap heat = new Heatmap(2, 2, new float[] {0, 0, 0, 1});
        ImageProcessor.Region whole = new ImageProcessor.Region(0, 0, 100, 200);
        Localisation on = Localisation.of(heat, 100, 200, whole, List.of(new NihBoxes.Box("Mass", 100, 50, 100, 50)));
        assertThat(on.hit()).isTrue();
        assertThat(on.iou()).isCloseTo(0.8, within(0.2));
        Localisation beside = Localisation.of(heat, 100, 200, whole, List.of(new NihBoxes.Box("Mass", 0, 0, 40, 40)));
        assertThat(beside.hit()).isFalse();
        assertThat(beside.iou()).isZero();
    }

    @Test
    void anEvenMapOfManyCellsHasTheBoxesShareAsIoU() {
        float[] values = new float[100 * 100];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 100 < 50 ? 1 : 0; // the left half
        }
        Localisation half = Localisation.of(
                new Heatmap(100, 100, values),
                100,
                100,
                new ImageProcessor.Region(0, 0, 100, 100),
                List.of(new NihBoxes.Box("Mass", 25, 0, 25, 100), new NihBoxes.Box("Mass", 50, 0, 50, 100)));
        assertThat(half.iou()).isCloseTo(0.25, within(0.02)); // 25 shared columns of 100
    }

    @Test
    void thePointingGameCountsPicturesByLabel() {
        PointingGame game = new PointingGame();
        assertThat(game.scores()).isEmpty();
        game.add("Mass", new Localisation(true, 0.5));
        game.add("Mass", new Localisation(false, 0.1));
        game.add("Effusion", new Localisation(true, 0.9));
        assertThat(game.scores()).containsOnlyKeys("Effusion", "Mass", PointingGame.ALL);
        assertThat(game.scores().get("Mass").hits().value()).isEqualTo(0.5);
        assertThat(game.scores().get("Mass").meanIou()).isCloseTo(0.3, within(1e-12));
        assertThat(game.scores().get(PointingGame.ALL).hits().successes()).isEqualTo(2);
        assertThat(game.scores().get(PointingGame.ALL).hits().trials()).isEqualTo(3);
        assertThat(game.scores().get(PointingGame.ALL).meanIou()).isCloseTo(0.5, within(1e-12));
    }

    /** A centre crop of 224 from 256 rows keeps the middle of the picture. */
    @Test
    void theMapLiesWhereTheModelLooked() {
        ImageProcessor crop = ImageProcessor.of(JsonObject.parse(
                "{\"do_resize\": true, \"size\": {\"shortest_edge\": 256}, \"do_center_crop\": true,"
                        + " \"crop_size\": {\"height\": 224, \"width\": 224}}",
                "test"));
        ImageProcessor.Region seen = crop.seen(512, 1024);
        assertThat(seen).isEqualTo(new ImageProcessor.Region(32, 288, 448, 448));
        assertThat(ImageProcessor.defaults().seen(300, 500)).isEqualTo(new ImageProcessor.Region(0, 0, 300, 500));
    }
}
