package io.vit4j.hub;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a {@link PickleMachine} can build: Python's plain values, and descriptions of tensors. There is no value that does
 * anything.
 */
sealed interface PickleValue {
    /** For messages: {@code "a dict"}. */
    String kind();

    /** How many values it holds directly. */
    default int size() {
        return 0;
    }

    enum Constant implements PickleValue {
        NONE,
        TRUE,
        FALSE;

        @Override
        public String kind() {
            return switch (this) {
                case NONE -> "None";
                case TRUE -> "True";
                case FALSE -> "False";
            };
        }
    }

    /** A whole number within 64 bits. */
    record Whole(long value) implements PickleValue {
        @Override
        public String kind() {
            return "an int";
        }
    }

    /** A number or bytes that no tensor's description needs; its value is not kept. */
    record Opaque(String kind) implements PickleValue {}

    record Text(String value) implements PickleValue {
        @Override
        public String kind() {
            return "a string";
        }
    }

    record Tuple(List<PickleValue> items) implements PickleValue {
        @Override
        public int size() {
            return items.size();
        }

        @Override
        public String kind() {
            return "a tuple";
        }
    }

    /** A list, or a set. Compared by identity: it may hold itself. */
    final class ListValue implements PickleValue {
        final List<PickleValue> items = new ArrayList<>(0);

        @Override
        public int size() {
            return items.size();
        }

        @Override
        public String kind() {
            return "a list";
        }
    }

    /** A dict or an OrderedDict, of which only entries under texts are kept. Compared by identity: it may hold itself. */
    final class Dict implements PickleValue {
        final Map<String, PickleValue> entries = new LinkedHashMap<>();
        final boolean ordered;

        Dict(boolean ordered) {
            this.ordered = ordered;
        }

        @Override
        public int size() {
            return entries.size();
        }

        @Override
        public String kind() {
            return "a dict";
        }
    }

    /** An allowed class or function, not called yet. */
    record Global(TorchGlobals.Meaning meaning, StoredDtype dtype, String name) implements PickleValue {
        @Override
        public String kind() {
            return name;
        }
    }

    /**
     * A run of elements in the file.
     *
     * @param dtype U8 for an untyped storage
     * @param first the view's first element
     * @param elements how many the pickle says there are from the first on
     * @param total how many the pickle says the storage has, of which this may be a view
     */
    record Storage(String key, StoredDtype dtype, long first, long elements, long total) implements PickleValue {
        @Override
        public String kind() {
            return "a storage";
        }
    }

    /**
     * A tensor over a storage; offset and strides in elements of {@code dtype}.
     *
     * @param shape one size a dimension
     * @param strides how far apart in the storage neighbours along each dimension are
     */
    record Tensor(Storage storage, StoredDtype dtype, long offset, long[] shape, long[] strides)
            implements PickleValue {
        @Override
        public String kind() {
            return "a tensor";
        }
    }
}
