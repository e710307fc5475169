package io.vit4j.torch;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;

/**
 * One of libtorch's operators by its schema name, for those that the Java bindings leave out. Arguments are given in the
 * schema's order, every one of them; their types are not checked before they cross, so each use has a test.
 */
public final class Operator {
    private final OperatorHandle handle;

    private Operator(OperatorHandle handle) {
        this.handle = handle;
    }

    /**
     * @param name such as {@code aten::_fused_adamw_}
     * @param overload such as {@code tensor_lr}; empty for the plain one
     */
    public static Operator named(String name, String overload) {
        try (Scope scope = new Scope()) {
            return new Operator(scope.own(Dispatcher.singleton().findSchemaOrThrow(name, overload)));
        }
    }

    /** Calls it; the results are on the returned stack, from 0. */
    public IValueVector call(IValue... arguments) {
        IValueVector stack = new IValueVector();
        for (IValue argument : arguments) {
            stack.push_back(argument);
        }
        handle.callBoxed(stack);
        return stack;
    }

    /** A {@code Tensor[]} argument that holds these tensors. */
    public static IValue listOf(Tensor... tensors) {
        // The bindings cannot make a list of tensors without a crash; an operator that returns an empty one can.
        GenericList list = Unbind.OPERATOR
                .call(new IValue(Tensors.zeros(Dtype.FLOAT32, Device.CPU, 0, 1)), new IValue(0L))
                .get(0)
                .toList();
        for (Tensor tensor : tensors) {
            list.push_back(new IValue(tensor));
        }
        return new IValue(list);
    }

    private static final class Unbind {
        static final Operator OPERATOR = named("aten::unbind", "int");
    }
}
