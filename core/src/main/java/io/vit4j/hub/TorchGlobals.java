package io.vit4j.hub;

import io.vit4j.hub.PickleValue.Constant;
import io.vit4j.hub.PickleValue.Dict;
import io.vit4j.hub.PickleValue.Global;
import io.vit4j.hub.PickleValue.ListValue;
import io.vit4j.hub.PickleValue.Opaque;
import io.vit4j.hub.PickleValue.Storage;
import io.vit4j.hub.PickleValue.Tensor;
import io.vit4j.hub.PickleValue.Text;
import io.vit4j.hub.PickleValue.Tuple;
import io.vit4j.hub.PickleValue.Whole;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The only names a pickle may ask for, and what calling them means: a description of a tensor. Nothing is looked up by
 * reflection; a name that is not in this table does not exist.
 */
final class TorchGlobals {
    enum Meaning {
        ORDERED_DICT,
        SIZE,
        TENSOR_V1,
        TENSOR_V2,
        TENSOR_V3,
        PARAMETER,
        STORAGE,
        DTYPE,
        DEVICE,
        BYTES,
    }

    private static final Map<String, Global> ALLOWED = new HashMap<>();

    static {
        allow("collections.OrderedDict", Meaning.ORDERED_DICT, StoredDtype.U8);
        allow("torch.Size", Meaning.SIZE, StoredDtype.U8);
        allow("torch.device", Meaning.DEVICE, StoredDtype.U8);
        allow("_codecs.encode", Meaning.BYTES, StoredDtype.U8);
        allow("torch._utils._rebuild_tensor", Meaning.TENSOR_V1, StoredDtype.U8);
        allow("torch._utils._rebuild_tensor_v2", Meaning.TENSOR_V2, StoredDtype.U8);
        allow("torch._utils._rebuild_tensor_v3", Meaning.TENSOR_V3, StoredDtype.U8);
        allow("torch._utils._rebuild_parameter", Meaning.PARAMETER, StoredDtype.U8);
        allow("torch._utils._rebuild_parameter_with_state", Meaning.PARAMETER, StoredDtype.U8);
        allow("torch.storage.UntypedStorage", Meaning.STORAGE, StoredDtype.U8);
        Map<String, StoredDtype> storages = Map.of(
                "Double", StoredDtype.F64,
                "Float", StoredDtype.F32,
                "Half", StoredDtype.F16,
                "BFloat16", StoredDtype.BF16,
                "Long", StoredDtype.I64,
                "Int", StoredDtype.I32,
                "Short", StoredDtype.I16,
                "Char", StoredDtype.I8,
                "Byte", StoredDtype.U8,
                "Bool", StoredDtype.BOOL);
        storages.forEach((name, dtype) -> allow("torch." + name + "Storage", Meaning.STORAGE, dtype));
        allow("torch.ComplexFloatStorage", Meaning.STORAGE, StoredDtype.C64);
        Map<String, StoredDtype> dtypes = new HashMap<>(Map.of(
                "float64", StoredDtype.F64,
                "float32", StoredDtype.F32,
                "float16", StoredDtype.F16,
                "bfloat16", StoredDtype.BF16,
                "int64", StoredDtype.I64,
                "int32", StoredDtype.I32,
                "int16", StoredDtype.I16,
                "int8", StoredDtype.I8,
                "uint8", StoredDtype.U8,
                "bool", StoredDtype.BOOL));
        dtypes.putAll(Map.of(
                "uint16", StoredDtype.U16,
                "uint32", StoredDtype.U32,
                "uint64", StoredDtype.U64,
                "complex64", StoredDtype.C64,
                "float8_e4m3fn", StoredDtype.F8_E4M3,
                "float8_e5m2", StoredDtype.F8_E5M2,
                "float8_e4m3fnuz", StoredDtype.F8_E4M3FNUZ,
                "float8_e5m2fnuz", StoredDtype.F8_E5M2FNUZ,
                "float8_e8m0fnu", StoredDtype.F8_E8M0));
        dtypes.forEach((name, dtype) -> allow("torch." + name, Meaning.DTYPE, dtype));
    }

    private TorchGlobals() {}

    private static void allow(String name, Meaning meaning, StoredDtype dtype) {
        ALLOWED.put(name, new Global(meaning, dtype, name));
    }

    /** The allowed class or function of that name, if it is one. */
    static Optional<Global> named(String module, String name) {
        return Optional.ofNullable(ALLOWED.get(module + "." + name));
    }

    /** What calling it with these arguments gives; {@link PickleFault} if they are not what PyTorch passes. */
    static PickleValue call(Global callee, List<PickleValue> arguments) {
        return switch (callee.meaning()) {
            case ORDERED_DICT -> orderedDict(arguments);
            case SIZE ->
                arguments.size() == 1 && arguments.get(0) instanceof Tuple sizes ? sizes : fault(callee, "one tuple");
            case TENSOR_V1 -> tensor(callee, arguments, 4, 4);
            case TENSOR_V2 -> tensor(callee, arguments, 6, 7);
            case TENSOR_V3 -> tensor(callee, arguments, 7, 8);
            case PARAMETER ->
                !arguments.isEmpty() && arguments.get(0) instanceof Tensor data ? data : fault(callee, "a tensor");
            case DEVICE -> new Opaque("a device");
            case BYTES -> new Opaque("bytes");
            case STORAGE, DTYPE -> throw new PickleFault("calls " + callee.name() + ", which PyTorch does not");
        };
    }

    /** {@code ('storage', torch.FloatStorage, '0', 'cpu', 768)}, in older files with {@code (key, offset, size)} behind. */
    static Storage storage(PickleValue id) {
        if (!(id instanceof Tuple tuple)
                || tuple.items().size() < 5
                || tuple.items().size() > 6
                || !(tuple.items().get(0) instanceof Text word && word.value().equals("storage"))
                || !(tuple.items().get(1) instanceof Global type && type.meaning() == Meaning.STORAGE)
                || !(tuple.items().get(2) instanceof Text key)
                || !(tuple.items().get(4) instanceof Whole elements && elements.value() >= 0)) {
            throw new PickleFault("refers to something outside it that is not a storage of elements");
        }
        if (tuple.items().size() == 6 && tuple.items().get(5) != Constant.NONE) {
            if (!(tuple.items().get(5) instanceof Tuple view)
                    || view.items().size() != 3
                    || !(view.items().get(1) instanceof Whole first && first.value() >= 0)
                    || !(view.items().get(2) instanceof Whole part && part.value() >= 0)
                    || first.value() > elements.value() - part.value()) {
                throw new PickleFault("refers to a part outside of storage " + key.value());
            }
            return new Storage(key.value(), type.dtype(), first.value(), part.value(), elements.value());
        }
        return new Storage(key.value(), type.dtype(), 0, elements.value(), elements.value());
    }

    private static PickleValue orderedDict(List<PickleValue> arguments) {
        Dict dict = new Dict(true);
        if (arguments.isEmpty()) {
            return dict;
        }
        if (arguments.size() != 1 || !(arguments.get(0) instanceof ListValue pairs)) {
            throw new PickleFault("calls collections.OrderedDict with other than a list of pairs");
        }
        for (PickleValue pair : pairs.items) {
            List<PickleValue> items = pair instanceof Tuple tuple
                    ? tuple.items()
                    : pair instanceof ListValue list ? list.items : List.of();
            if (items.size() != 2) {
                throw new PickleFault("calls collections.OrderedDict with other than a list of pairs");
            }
            put(dict, items.get(0), items.get(1));
        }
        return dict;
    }

    static void put(Dict dict, PickleValue key, PickleValue value) {
        if (key instanceof Text text) {
            dict.entries.put(text.value(), value);
        } else if (!(key instanceof Whole || key instanceof Constant || key instanceof Opaque)) {
            throw new PickleFault("has " + key.kind() + " as a dict's key");
        }
    }

    private static PickleValue tensor(Global callee, List<PickleValue> arguments, int least, int most) {
        if (arguments.size() < least
                || arguments.size() > most
                || !(arguments.get(0) instanceof Storage storage)
                || !(arguments.get(1) instanceof Whole offset)) {
            return fault(callee, "a storage, an offset, a shape and strides");
        }
        long[] shape = wholes(callee, arguments.get(2));
        long[] strides = wholes(callee, arguments.get(3));
        if (offset.value() < 0 || shape.length != strides.length) {
            return fault(callee, "a storage, an offset, a shape and strides");
        }
        StoredDtype dtype = storage.dtype();
        if (callee.meaning() == Meaning.TENSOR_V3) {
            if (!(arguments.get(6) instanceof Global named && named.meaning() == Meaning.DTYPE)) {
                return fault(callee, "a dtype");
            }
            dtype = named.dtype();
        }
        // only this flag shows a lazy conjugate or negative, whose stored numbers are not the tensor's
        if (arguments.size() == most
                && most > least
                && arguments.get(most - 1) instanceof Dict metadata
                && metadata.entries.containsValue(Constant.TRUE)) {
            throw new PickleFault("contains a tensor that is stored conjugated or negated");
        }
        return new Tensor(storage, dtype, offset.value(), shape, strides);
    }

    private static long[] wholes(Global callee, PickleValue value) {
        if (!(value instanceof Tuple tuple) || tuple.items().size() > StoredTensor.MOST_DIMENSIONS) {
            throw new PickleFault("calls " + callee.name() + " with a shape or strides that are no short tuple");
        }
        long[] wholes = new long[tuple.items().size()];
        for (int i = 0; i < wholes.length; i++) {
            if (!(tuple.items().get(i) instanceof Whole whole) || whole.value() < 0) {
                throw new PickleFault("calls " + callee.name() + " with a shape or strides that hold no sizes");
            }
            wholes[i] = whole.value();
        }
        return wholes;
    }

    private static PickleValue fault(Global callee, String expected) {
        throw new PickleFault("calls " + callee.name() + " with other than " + expected);
    }
}
