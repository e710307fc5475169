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

    /**
     * A list of tensors; the bindings need to be told its type.
     *
     * @param argument the number of the argument, from 0, that the schema says is such a list
     */
    public IValue list(int argument, Tensor... tensors) {
        GenericList list = emptyGenericList(argument);
        for (Tensor tensor : tensors) {
            list.push_back(new IValue(tensor));
        }
        return new IValue(list);
    }

    /**
     * A list of whole numbers.
     *
     * @param argument the number of the argument, from 0, that the schema says is such a list
     */
    public IValue list(int argument, long... numbers) {
        GenericList list = emptyGenericList(argument);
        for (long number : numbers) {
            list.push_back(new IValue(number));
        }
        return new IValue(list);
    }

    /** An empty list for the argument of that number, from 0, which the schema says is a list. */
    public IValue emptyList(int argument) {
        return new IValue(emptyGenericList(argument));
    }

    private GenericList emptyGenericList(int argument) {
        return new GenericList(
                handle.schema().arguments().position(argument).type().get().containedType(0));
    }
}
