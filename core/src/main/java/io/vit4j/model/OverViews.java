package io.vit4j.model;

import io.vit4j.torch.Dtype;
import io.vit4j.torch.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A block over several views of each picture, some of which may be of another size: the same weights, group by group. A sample holds its
 * views one behind the other, as a flat row of numbers.
 *
 * @param groups views of one size, in their order; all of the same block
 */
record OverViews(List<Group> groups) implements BlockDefinition {
    /**
     * Views of one size.
     *
     * @param views how many of each picture
     * @param block for pictures of that size
     * @param input of one view
     */
    record Group(int views, BlockDefinition block, Shape input) {
        long inputNumbers() {
            return views * input.numbers();
        }

        Shape output() {
            return block.output(input);
        }

        long outputNumbers() {
            return views * output().numbers();
        }
    }

    private BlockDefinition first() {
        return groups.get(0).block();
    }

    @Override
    public String name() {
        return first().name();
    }

    @Override
    public List<ParameterSpec> weights() {
        return first().weights();
    }

    @Override
    public Shape output(Shape input) {
        return Shape.of(groups.stream().mapToLong(Group::outputNumbers).sum());
    }

    @Override
    public BlockCost cost(Shape input, Dtype dtype) {
        return groups.stream()
                .map(group -> group.block().cost(group.input(), dtype).times(group.views()))
                .reduce(BlockCost::plus)
                .orElseThrow();
    }

    @Override
    public BlockDefinition withDropPath(double probability) {
        return new OverViews(groups.stream()
                .map(group -> new Group(group.views(), group.block().withDropPath(probability), group.input()))
                .toList());
    }

    @Override
    public boolean drops() {
        return first().drops();
    }

    @Override
    public Optional<UnaryOperator<Tensor>> resizing(String weight, BlockDefinition before) {
        return before instanceof OverViews other ? first().resizing(weight, other.first()) : Optional.empty();
    }

    @Override
    public int depthOffset(String weight) {
        return first().depthOffset(weight);
    }

    @Override
    public Block over(Parameters parameters) {
        return new OverWeights(
                this,
                parameters,
                groups.stream().map(group -> group.block().over(parameters)).toList());
    }

    private record OverWeights(OverViews definition, Parameters parameters, List<Block> blocks) implements Block {
        @Override
        public Tensor forward(Tensor input, Context context) {
            TensorVector outputs = new TensorVector();
            for (int i = 0; i < blocks.size(); i++) {
                Tensor output = blocks.get(i).forward(views(input, i), context(context, i));
                outputs.push_back(output.reshape(input.size(0), -1));
            }
            return torch.cat(outputs, 1);
        }

        /** {@code [batch, numbers]}, or any shape of a sample, to {@code [batch * views, ...]}. */
        private Tensor views(Tensor samples, int group) {
            return part(samples, group, true)
                    .reshape(definition.groups.get(group).input().batch(-1));
        }

        /** A group's numbers of each sample. */
        private Tensor part(Tensor samples, int group, boolean ofInput) {
            long from = 0;
            for (int i = 0; i < group; i++) {
                from += numbers(i, ofInput);
            }
            return samples.reshape(samples.size(0), -1).narrow(1, from, numbers(group, ofInput));
        }

        private long numbers(int group, boolean ofInput) {
            Group of = definition.groups.get(group);
            return ofInput ? of.inputNumbers() : of.outputNumbers();
        }

        /** Each view drops for itself. */
        private Context context(Context context, int group) {
            int before = definition.groups.subList(0, group).stream()
                    .mapToInt(Group::views)
                    .sum();
            int views = definition.groups.get(group).views();
            int all = definition.groups.stream().mapToInt(Group::views).sum();
            return context.ofViews(views, before, all);
        }

        @Override
        public Recorded record(Tensor input, boolean inputGradient, Context context) {
            List<Recorded> recorded = new ArrayList<>();
            try (Scope scope = new Scope()) {
                TensorVector outputs = new TensorVector();
                for (int i = 0; i < blocks.size(); i++) {
                    recorded.add(blocks.get(i).record(views(input, i), inputGradient, context(context, i)));
                    outputs.push_back(recorded.get(i).output().reshape(input.size(0), -1));
                }
                return new RecordedViews(this, recorded, scope.own(torch.cat(outputs, 1)), input.shape());
            } catch (RuntimeException | Error e) {
                recorded.forEach(Recorded::close);
                throw e;
            }
        }
    }

    private record RecordedViews(OverWeights block, List<Recorded> recorded, Tensor output, long[] input)
            implements Recorded {
        @Override
        public Optional<Tensor> backward(Tensor gradient) {
            try (Scope scope = new Scope()) {
                TensorVector gradients = new TensorVector();
                for (int i = 0; i < recorded.size(); i++) {
                    Shape output = block.definition.groups.get(i).output();
                    Tensor own = block.part(gradient, i, false).reshape(output.batch(-1));
                    recorded.get(i).backward(own).ifPresent(back -> gradients.push_back(back.reshape(input[0], -1)));
                }
                return gradients.empty()
                        ? Optional.empty()
                        : Optional.of(scope.keep(torch.cat(gradients, 1).reshape(input)));
            }
        }

        @Override
        public void accumulate() {
            recorded.forEach(Recorded::accumulate);
        }

        @Override
        public void close() {
            recorded.forEach(Recorded::close);
            output.close();
        }
    }
}
