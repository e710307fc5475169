package io.vit4j.infer;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.data.augment.PictureView;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class TestTimeAugmentationTest {
    private static String places(String tta) {
        return TestTimeAugmentation.parse(tta).views(256, 256, 224, 224).stream()
                .map(view -> view.top() + "," + view.left() + " " + view.rows() + (view.mirrored() ? "m" : ""))
                .collect(Collectors.joining("; "));
    }

    /** Where torchvision's {@code FiveCrop(224)} cuts pictures of 256; {@code TenCrop} adds the mirrored ones. */
    @Test
    void cropsAreTorchvisions() {
        assertThat(places("crops")).isEqualTo("16,16 224; 0,0 224; 0,32 224; 32,0 224; 32,32 224");
        assertThat(places("flip,crops"))
                .startsWith(places("crops"))
                .endsWith("; 16,16 224m; 0,0 224m; 0,32 224m; 32,0 224m; 32,32 224m");
        assertThat(places("scales")).isEqualTo("16,16 224; 8,8 240; 0,0 256");
        assertThat(TestTimeAugmentation.NONE.views(256, 256, 224, 224))
                .extracting(PictureView::name)
                .containsExactly("centre");
        assertThat(TestTimeAugmentation.parse("scales,flip").toString()).isEqualTo("flip,scales");
    }

    @Test
    void aSideInALabelIsSeenAsAWordOnly() {
        for (String label : List.of("Left lung opacity", "effusion_right", "Dextrocardia", "situs inversus")) {
            assertThat(TestTimeAugmentation.labelWithASide(List.of("Mass", label)))
                    .contains(label);
        }
        assertThat(TestTimeAugmentation.labelWithASide(List.of("Bright spot", "Cleft palate", "No Finding")))
                .isEmpty();
    }
}
