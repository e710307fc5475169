package io.vit4j.model.swin;

import static org.assertj.core.api.Assertions.assertThat;

import io.vit4j.torch.Device;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowsTest {
    /** Places numbered from 1, so that what fills a window, 0, is none of them. */
    private static Tensor numbered(int rows, int columns) {
        float[] numbers = new float[rows * columns];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i + 1;
        }
        return Tensors.of(numbers, 1, rows, columns, 1);
    }

    @Test
    void windowsHoldTheirPlacesRowByRow() {
        try (Scope scope = new Scope()) {
            Tensor windows = new Windows(2, 4, 2, 0).cut(numbered(2, 4));
            assertThat(windows.shape()).containsExactly(2, 4, 1);
            assertThat(Tensors.toFloats(windows)).containsExactly(1, 2, 5, 6, 3, 4, 7, 8);
        }
    }

    @ParameterizedTest
    @CsvSource({"6,6,3,0", "6,6,3,1", "7,5,3,1", "2,9,4,2", "8,4,4,2", "1,1,2,1"})
    void whatIsCutIsJoinedAgain(int rows, int columns, int size, int shift) {
        try (Scope scope = new Scope()) {
            Windows windows = new Windows(rows, columns, size, shift);
            Tensor cut = windows.cut(numbered(rows, columns));
            assertThat(cut.shape()).containsExactly(windows.count(), windows.places(), 1);
            assertThat(Tensors.toFloats(windows.joined(cut))).isEqualTo(Tensors.toFloats(numbered(rows, columns)));
        }
    }

    /** Two places may see each other if the way between them does not cross the edge of the filled picture. */
    @ParameterizedTest
    @CsvSource({"6,6,3,1", "8,4,4,2", "7,5,3,1"})
    void placesThatTheShiftBroughtTogetherAreKeptApart(int rows, int columns, int size, int shift) {
        try (Scope scope = new Scope()) {
            Windows windows = new Windows(rows, columns, size, shift);
            float[] mask = Tensors.toFloats(windows.mask(-7, Device.CPU).orElseThrow());
            int places = windows.places();
            int height = (rows + size - 1) / size * size;
            int width = (columns + size - 1) / size * size;
            for (int window = 0; window < windows.count(); window++) {
                int top = window / (width / size) * size + shift;
                int left = window % (width / size) * size + shift;
                for (int a = 0; a < places; a++) {
                    for (int b = 0; b < places; b++) {
                        boolean near = (top + a / size >= height) == (top + b / size >= height)
                                && (left + a % size >= width) == (left + b % size >= width);
                        assertThat(mask[(window * places + a) * places + b]).isEqualTo(near ? 0f : -7f);
                    }
                }
            }
            assertThat(new Windows(rows, columns, size, 0).mask(-7, Device.CPU)).isEmpty();
        }
    }
}
