package io.vit4j.model;

import io.vit4j.torch.Autograd;
import io.vit4j.torch.Scope;
import io.vit4j.torch.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;

/** Any block, recorded by libtorch's autograd on a detached input. */
final class RecordedByAutograd implements Recorded {
    private final Parameters parameters;
    private final List<String> trained;
    private final boolean inputGradient;
    private final StepWeights weights;
    private final Tensor input;
    private final Tensor output;
    private final Map<String, Tensor> gradients = new LinkedHashMap<>();

    RecordedByAutograd(Block block, Tensor input, boolean inputGradient, Context context) {
        this.parameters = block.parameters();
        this.inputGradient = inputGradient;
        List<ParameterSpec> weights = block.definition().weights();
        trained = Stream.concat(weights.stream().map(ParameterSpec::name), LowRank.names(parameters, weights))
                .filter(name -> parameters.get(name).requires_grad())
                .toList();
        this.weights = StepWeights.recorded(context.dtype());
        try (Scope scope = new Scope();
                Autograd on = Autograd.on()) {
            this.input = scope.own(inputGradient ? Tensors.leaf(input) : input.detach());
            output = scope.own(new Tensor(block.forward(this.input, context.with(this.weights))));
        } catch (RuntimeException | Error e) {
            this.weights.close();
            throw e;
        }
    }

    @Override
    public Tensor output() {
        return output.detach();
    }

    @Override
    public Optional<Tensor> backward(Tensor gradient) {
        try (Scope scope = new Scope()) {
            if (output.requires_grad()) {
                output.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
            }
            for (String name : trained) {
                Tensor leaf = parameters.get(name);
                if (Tensors.hasGradient(leaf)) {
                    gradients.put(name, scope.own(Tensors.takeGradient(leaf)));
                }
            }
            return inputGradient ? Optional.of(scope.keep(Tensors.gradient(input))) : Optional.empty();
        }
    }

    @Override
    public void accumulate() {
        try (Autograd off = Autograd.off()) {
            gradients.forEach(parameters::addGradient);
        }
        forget();
    }

    private void forget() {
        gradients.values().forEach(Tensor::close);
        gradients.clear();
    }

    @Override
    public void close() {
        forget();
        output.close();
        input.close();
        weights.close();
    }
}
