package io.vit4j.model.transformer;

import io.vit4j.model.Block;
import io.vit4j.model.BlockCost;
import io.vit4j.model.BlockDefinition;
import io.vit4j.model.Initialization;
import io.vit4j.model.LayerNorm;
import io.vit4j.model.Linear;
import io.vit4j.model.ParameterSpec;
import io.vit4j.model.Parameters;
import io.vit4j.model.Shape;
import io.vit4j.model.TokenGrid;
import io.vit4j.torch.Dtype;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * Pixels to tokens (Dosovitskiy et al. 2021, equation 1), {@code [channels, height, width]} to {@code [tokens, hidden]}, as a family has
 * it: each patch projected linearly, tokens such as the class token put in front, position embeddings added. For pictures of
 * another size than the model's these are interpolated bicubically.
 *
 * @param channels of a picture
 * @param patchHeight rows of a patch
 * @param patchWidth columns of a patch
 * @param hidden numbers of a token
 * @param grid where tokens lie in the pictures that the model is made for
 * @param tokens in front, those with a place before those without
 * @param positions empty if none are added
 * @param projection of a patch, its weight {@code [hidden, channels, patchHeight, patchWidth]}
 * @param init how the projection's weight starts
 * @param norm over the tokens; empty if there is none
 * @param dropout probability of dropping a number in training
 * @param layersKnowPlaces whether layers need to know where tokens lie, which they tell by {@link TokenGrid#ofTokens}: pictures must then
 *     be of the size that the model is walked with, or square
 * @param seen where tokens lie in the pictures that the model is walked with
 */
public record PatchEmbeddingsDefinition(
        int channels,
        int patchHeight,
        int patchWidth,
        int hidden,
        TokenGrid grid,
        List<Token> tokens,
        Optional<Positions> positions,
        Linear.Named projection,
        Initialization init,
        Optional<LayerNorm.Named> norm,
        double dropout,
        boolean layersKnowPlaces,
        TokenGrid seen)
        implements BlockDefinition {

    /**
     * One token or several in front of the patches.
     *
     * @param weight of so many times {@code hidden} numbers, in whatever shape
     * @param count how many tokens
     */
    public record Token(ParameterSpec weight, int count) {}

    /**
     * Position embeddings.
     *
     * @param weight of {@code hidden} numbers for each token that has a place: the first of those in front, then the patches; in whatever
     *     shape
     * @param smooths whether they are smoothed if they are brought to a smaller grid, against aliasing
     */
    public record Positions(ParameterSpec weight, boolean smooths) {
        /** Positions that are not smoothed. */
        public Positions(ParameterSpec weight) {
            this(weight, false);
        }
    }

    /** Embeddings without a norm or dropout, for layers that do not know places. */
    public PatchEmbeddingsDefinition(
            EncoderConfig config, List<Token> tokens, Optional<Positions> positions, Linear.Named projection) {
        this(
                config.numChannels(),
                config.patchHeight(),
                config.patchWidth(),
                config.hiddenSize(),
                config.grid(tokens.stream().mapToInt(Token::count).sum()),
                List.copyOf(tokens),
                positions,
                projection,
                Initialization.normal(config.initializerRange()),
                Optional.empty(),
                0,
                false,
                config.grid(tokens.stream().mapToInt(Token::count).sum()));
    }

    /** The same with the projection's weight started otherwise. */
    public PatchEmbeddingsDefinition withInit(Initialization other) {
        return with(other, norm, dropout, layersKnowPlaces, seen);
    }

    /** The same with a norm over the tokens. */
    public PatchEmbeddingsDefinition withNorm(LayerNorm.Named last) {
        return with(init, Optional.of(last), dropout, layersKnowPlaces, seen);
    }

    /** The same with dropout. */
    public PatchEmbeddingsDefinition withDropout(double probability) {
        return with(init, norm, probability, layersKnowPlaces, seen);
    }

    /** The same for layers that need to know where tokens lie. */
    public PatchEmbeddingsDefinition forLayersThatKnowPlaces() {
        return with(init, norm, dropout, true, seen);
    }

    private PatchEmbeddingsDefinition with(
            Initialization start,
            Optional<LayerNorm.Named> last,
            double probability,
            boolean knowPlaces,
            TokenGrid ofPictures) {
        return new PatchEmbeddingsDefinition(
                channels,
                patchHeight,
                patchWidth,
                hidden,
                grid,
                tokens,
                positions,
                projection,
                start,
                last,
                probability,
                knowPlaces,
                ofPictures);
    }

    @Override
    public String name() {
        return "embeddings";
    }

    @Override
    public List<ParameterSpec> weights() {
        return Stream.of(
                        Stream.concat(
                                        tokens.stream().map(Token::weight),
                                        positions.stream().map(Positions::weight))
                                .map(ParameterSpec::withoutDecayInTimm),
                        Stream.of(new ParameterSpec(
                                projection.name() + ".weight", init, hidden, channels, patchHeight, patchWidth)),
                        projection.bias()
                                ? Stream.of(
                                        new ParameterSpec(projection.name() + ".bias", Initialization.zeros(), hidden)
                                                .withoutDecay())
                                : Stream.<ParameterSpec>empty(),
                        norm.stream().flatMap(named -> named.specs(hidden)))
                .flatMap(specs -> specs)
                .toList();
    }

    /**
     * The pixels of each patch in a row, for a product with the projection's weight.
     *
     * @param pixels {@code [batch, channels, height, width]}
     * @param places where tokens lie in them
     * @return {@code [batch, patches, channels * patchHeight * patchWidth]}
     */
    public Tensor patches(Tensor pixels, TokenGrid places) {
        return PatchEmbeddings.patches(pixels, places, patchHeight, patchWidth);
    }

    /** Where tokens lie in a picture of so many rows and columns; pixels beyond the last whole patch belong to none. */
    public TokenGrid grid(int height, int width) {
        return new TokenGrid(grid.before(), height / patchHeight, width / patchWidth);
    }

    @Override
    public PatchEmbeddingsDefinition forPictures(Shape picture) {
        if (!layersKnowPlaces) {
            return this;
        }
        TokenGrid there = grid(Math.toIntExact(picture.size(1)), Math.toIntExact(picture.size(2)));
        return with(init, norm, dropout, true, there);
    }

    @Override
    public Shape output(Shape pixels) {
        return Shape.of(grid.before() + patches(pixels), hidden);
    }

    private long patches(Shape pixels) {
        return (pixels.size(1) / patchHeight) * (pixels.size(2) / patchWidth);
    }

    @Override
    public BlockCost cost(Shape pixels, Dtype dtype) {
        long projected = patches(pixels) * channels * patchHeight * patchWidth;
        long normed = norm.isPresent() ? Float.BYTES * (output(pixels).numbers()) : 0;
        return BlockCost.byAutograd(
                        2.0 * projected * hidden, Float.BYTES * pixels.numbers() + dtype.bytes() * projected + normed)
                .withoutInputGradient();
    }

    /** Positions of another grid are interpolated as those of larger pictures are. */
    @Override
    public Optional<UnaryOperator<Tensor>> resizing(String weight, BlockDefinition before) {
        boolean ofPositions =
                positions.map(learned -> learned.weight().name().equals(weight)).orElse(false);
        if (!ofPositions || !(before instanceof PatchEmbeddingsDefinition other) || other.grid.equals(grid)) {
            return Optional.empty();
        }
        Positions here = positions.orElseThrow();
        return Optional.of(
                learned -> PatchEmbeddings.resizedAll(learned.view(1, -1, hidden), other.grid, grid, here.smooths())
                        .reshape(here.weight().shape()));
    }

    @Override
    public boolean drops() {
        return dropout > 0;
    }

    @Override
    public boolean sharesRows() {
        return true;
    }

    @Override
    public Block over(Parameters parameters) {
        return new PatchEmbeddings(this, parameters);
    }
}
