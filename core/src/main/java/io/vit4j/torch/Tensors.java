package io.vit4j.torch;

import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Tensors from Java's numbers and back, and the few calls whose handles are borrowed and easily misused. */
public final class Tensors {
    private static final Cleaner UNREACHABLE = Cleaner.create();

    private Tensors() {}

    /** Uninitialised memory of that shape, of any of libtorch's types. */
    public static Tensor empty(ScalarType type, Device device, long... shape) {
        try (Scope scope = new Scope()) {
            return scope.keep(torch.empty(shape, options(type, device), null));
        }
    }

    /** Uninitialised memory of that shape. */
    public static Tensor empty(Dtype dtype, Device device, long... shape) {
        return empty(dtype.scalarType(), device, shape);
    }

    /**
     * Zeros.
     * @param dtype type of the numbers
     * @param device that holds them
     * @param shape size of every dimension
     * @return a new tensor
     */
    public static Tensor zeros(Dtype dtype, Device device, long... shape) {
        try (Scope scope = new Scope()) {
            return scope.keep(torch.zeros(shape, options(dtype.scalarType(), device)));
        }
    }

    /** A float32 CPU tensor that holds a copy of the numbers. */
    public static Tensor of(float[] numbers, long... shape) {
        try (Scope scope = new Scope()) {
            Tensor tensor = empty(Dtype.FLOAT32, Device.CPU, shape);
            requireCount(tensor, numbers.length);
            new FloatPointer(tensor.data_ptr()).put(numbers);
            return scope.keep(tensor);
        }
    }

    /** An int64 CPU tensor that holds a copy of the numbers. */
    public static Tensor of(long[] numbers, long... shape) {
        try (Scope scope = new Scope()) {
            Tensor tensor = torch.empty(shape, options(ScalarType.Long, Device.CPU), null);
            requireCount(tensor, numbers.length);
            new LongPointer(tensor.data_ptr()).put(numbers);
            return scope.keep(tensor);
        }
    }

    /**
     * A float32 CPU tensor over the memory of a direct buffer, from its start: nothing is copied, so the buffer must
     * stay reachable and unchanged for as long as the tensor is used.
     */
    public static Tensor over(FloatBuffer direct, long... shape) {
        if (!direct.isDirect() || direct.order() != ByteOrder.nativeOrder()) {
            throw new IllegalArgumentException("not a direct buffer of native byte order");
        }
        long count = 1;
        for (long size : shape) {
            count = Math.multiplyExact(count, size);
        }
        if (count > direct.capacity()) {
            throw new IllegalArgumentException("a buffer of " + direct.capacity() + " floats for " + count);
        }
        try (Scope scope = new Scope()) {
            FloatPointer start = new FloatPointer(direct.duplicate().clear());
            return scope.keep(torch.from_blob(start, shape, options(ScalarType.Float, Device.CPU)));
        }
    }

    /**
     * A direct buffer of so many floats that the device can read by itself: for a GPU in memory that the operating system
     * keeps in place, so that a copy from it need not go through the driver's own; for the CPU any. Its memory is freed once
     * the buffer is unreachable.
     */
    public static FloatBuffer floatsFor(Device device, int count) {
        try (Scope scope = new Scope()) {
            Tensor memory = scope.own(torch.empty(
                    new long[] {count},
                    options(ScalarType.Float, Device.CPU).pinned_memory(new BoolOptional(!device.isCpu())),
                    null));
            ByteBuffer buffer = bytes(memory, 0, Math.multiplyExact(count, Float.BYTES));
            UNREACHABLE.register(buffer, memory::close);
            return buffer.asFloatBuffer(); // keeps the other reachable
        }
    }

    /**
     * The same numbers on that device, float32. Of memory that {@link #floatsFor} made the copy may still be under way when
     * this returns: it must not change before some result of it has been read.
     */
    public static Tensor upload(Tensor onHost, Device device) {
        try (Scope scope = new Scope()) {
            return isOn(onHost, device)
                    ? onHost
                    : scope.keep(onHost.to(
                            options(ScalarType.Float, device),
                            true,
                            false,
                            new org.bytedeco.pytorch.MemoryFormatOptional()));
        }
    }

    /** The numbers of a tensor of any float type, row by row, as float32. */
    public static float[] toFloats(Tensor tensor) {
        try (Scope scope = new Scope()) {
            Tensor plain = to(tensor.detach(), Dtype.FLOAT32, Device.CPU).contiguous();
            float[] numbers = new float[Math.toIntExact(plain.numel())];
            if (numbers.length > 0) {
                new FloatPointer(plain.data_ptr()).get(numbers);
            }
            return numbers;
        }
    }

    /** The one number of a tensor of one element. */
    public static double item(Tensor tensor) {
        return tensor.item_double();
    }

    /**
     * The memory of a contiguous CPU tensor as bytes in native order, for reading and writing.
     *
     * @param offset first byte
     * @param length bytes, at most 2 GiB - 1; larger tensors are read in pieces
     */
    public static ByteBuffer bytes(Tensor tensor, long offset, int length) {
        if (!tensor.is_contiguous() || !tensor.is_cpu()) {
            throw new IllegalArgumentException("only a contiguous CPU tensor shows its bytes");
        }
        if (offset < 0 || length < 0 || offset + length > tensor.nbytes()) {
            throw new IndexOutOfBoundsException(offset + " + " + length + " of " + tensor.nbytes() + " bytes");
        }
        try (Scope scope = new Scope()) {
            // position() and capacity() must be set on the byte pointer: asBuffer() covers position to limit.
            BytePointer start = new BytePointer(tensor.data_ptr());
            return start.capacity(offset + length)
                    .position(offset)
                    .asByteBuffer()
                    .order(ByteOrder.nativeOrder());
        }
    }

    /** A tensor's number type, comparable with {@code ==}: what libtorch's bindings return is another object each time. */
    public static ScalarType type(Tensor tensor) {
        return tensor.scalar_type().intern();
    }

    /** The same numbers in that type and on that device; the tensor itself where nothing changes. */
    public static Tensor to(Tensor tensor, Dtype dtype, Device device) {
        try (Scope scope = new Scope()) {
            if (type(tensor) == dtype.scalarType() && isOn(tensor, device)) {
                return tensor;
            }
            return scope.keep(tensor.to(
                    options(dtype.scalarType(), device),
                    false,
                    false,
                    new org.bytedeco.pytorch.MemoryFormatOptional()));
        }
    }

    /** The same numbers in the same type on that device; the tensor itself where it lies there already. */
    public static Tensor to(Tensor tensor, Device device) {
        try (Scope scope = new Scope()) {
            return isOn(tensor, device)
                    ? tensor
                    : scope.keep(tensor.to(
                            options(type(tensor), device),
                            false,
                            false,
                            new org.bytedeco.pytorch.MemoryFormatOptional()));
        }
    }

    /** The same numbers in that type; the tensor itself where it has it already. */
    public static Tensor to(Tensor tensor, Dtype dtype) {
        return type(tensor) == dtype.scalarType() ? tensor : tensor.to(dtype.scalarType());
    }

    private static boolean isOn(Tensor tensor, Device device) {
        return device.isCpu()
                ? tensor.is_cpu()
                : tensor.is_cuda() && tensor.device().index() == device.index();
    }

    /** A leaf of the graph over the same memory: gradients stop here. */
    public static Tensor leaf(Tensor tensor) {
        try (Scope scope = new Scope()) {
            Tensor leaf = tensor.detach();
            leaf.set_requires_grad(true);
            return scope.keep(leaf);
        }
    }

    /** The gradient of a leaf, which forgets it. */
    public static Tensor takeGradient(Tensor leaf) {
        Tensor gradient = gradient(leaf);
        leaf.mutable_grad().reset();
        return gradient;
    }

    /** Has backward keep the gradient of a tensor that is no leaf, for {@link #gradient}. */
    public static void retainGradient(Tensor tensor) {
        tensor.retain_grad();
    }

    /** The gradient of a leaf, on a handle of its own; undefined where backward has not reached it. */
    public static Tensor gradient(Tensor leaf) {
        return new Tensor(leaf.grad());
    }

    /** Whether backward has reached this leaf. */
    public static boolean hasGradient(Tensor leaf) {
        return leaf.grad().defined();
    }

    /** Fills a CPU tensor with normal numbers that depend on the seed alone. */
    public static void fillNormal(Tensor tensor, double mean, double deviation, long seed) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Generator generator = torch.make_generator_cpu(seed);
            tensor.normal_(mean, deviation, new GeneratorOptional(generator));
        }
    }

    /** Fills a CPU tensor with numbers uniform between two bounds, depending on the seed alone. */
    public static void fillUniform(Tensor tensor, double from, double to, long seed) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Generator generator = torch.make_generator_cpu(seed);
            tensor.uniform_(from, to, new GeneratorOptional(generator));
        }
    }

    /** Fills a CPU tensor with ones with that probability, else zeros, depending on the seed alone. */
    public static void fillBernoulli(Tensor tensor, double probability, long seed) {
        try (Scope scope = new Scope();
                Autograd off = Autograd.off()) {
            Generator generator = torch.make_generator_cpu(seed);
            tensor.bernoulli_(probability, new GeneratorOptional(generator));
        }
    }

    static TensorOptions options(ScalarType type, Device device) {
        return new TensorOptions()
                .dtype(new ScalarTypeOptional(type))
                .device(new DeviceOptional(device.torch()))
                .requires_grad(new BoolOptional(false));
    }

    private static void requireCount(Tensor tensor, int numbers) {
        if (tensor.numel() != numbers) {
            throw new IllegalArgumentException(numbers + " numbers for a tensor of " + tensor.numel());
        }
    }

    /** The address of a tensor's first number, for calls into native code. */
    static Pointer address(Tensor tensor) {
        return tensor.data_ptr();
    }
}
