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

    /** A {@code Tensor[]} argument that holds one tensor (a view of the same memory). */
    public static IValue listOf(Tensor tensor) {
        // The bindings cannot put a tensor into a list without a crash; an operator that returns a list can.
        return new IValue(Unbind.OPERATOR
                .call(new IValue(tensor.unsqueeze(0)), new IValue(0L))
                .get(0));
    }

    /** An empty list for the argument of that number, from 0, which the schema says is a list. */
    public IValue emptyList(int argument) {
        return new IValue(new GenericList(
                handle.schema().arguments().position(argument).type().get().containedType(0)));
    }

    private static final class Unbind {
        static final Operator OPERATOR = named("aten::unbind", "int");
    }
}
