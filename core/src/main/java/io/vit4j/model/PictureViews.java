package io.vit4j.model;

import io.vit4j.torch.Dtype;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/**
 * Views of a picture that a model sees together, and how a sample holds them: one behind the other, each
 * {@code [channels, size, size]}.
 *
 * @param channels of each
 * @param globals large views
 * @param globalSize their rows and columns
 * @param locals small views
 * @param localSize their rows and columns
 * @param settings of the method
 * @param encoder the model that sees one view
 */
public record PictureViews(
        int channels,
        int globals,
        int globalSize,
        int locals,
        int localSize,
        SelfDistillation settings,
        ModelDefinition encoder) {
    /** The centre that is subtracted from what the teacher says, {@code [prototypes]}: kept with the weights, and not trained. */
    public static final String CENTRE = ProjectionHead.CENTRE;

    /** The projection head's last map. */
    public static final String LAST_LAYER = ProjectionHead.LAST;

    /** {@return how many there are} */
    public int count() {
        return globals + locals;
    }

    /** {@return rows and columns of each, the large ones first} */
    public List<Integer> sizes() {
        return Stream.concat(
                        Collections.nCopies(globals, globalSize).stream(),
                        Collections.nCopies(locals, localSize).stream())
                .toList();
    }

    /** {@return numbers of a sample} */
    public int numbers() {
        return sizes().stream().mapToInt(size -> channels * size * size).sum();
    }

    /** The model for pictures of another size. */
    ModelDefinition withImageSize(int height, int width) {
        return settings.around(encoder.withImageSize(height, width));
    }

    /** The model's blocks for the large views alone, over the model's weights, of samples that hold all. */
    public List<Block> globalsOver(Parameters parameters) {
        return SelfDistilled.blocks(this, 0).stream()
                .map(block -> block.over(parameters))
                .toList();
    }

    /** Operations of what the teacher computes of a sample: forward, over the large views. */
    public double teacherFlops(Dtype dtype) {
        double flops = 0;
        Shape shape = Shape.of(1, numbers(), 1);
        for (BlockDefinition block : SelfDistilled.blocks(this, 0)) {
            flops += block.cost(shape, dtype).forwardFlops();
            shape = block.output(shape);
        }
        return flops;
    }
}
