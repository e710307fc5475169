package io.vit4j.hub;

import io.vit4j.base.InputException;
import io.vit4j.hub.PickleValue.Constant;
import io.vit4j.hub.PickleValue.Dict;
import io.vit4j.hub.PickleValue.ListValue;
import io.vit4j.hub.PickleValue.Opaque;
import io.vit4j.hub.PickleValue.Storage;
import io.vit4j.hub.PickleValue.Tensor;
import io.vit4j.hub.PickleValue.Text;
import io.vit4j.hub.PickleValue.Whole;
import io.vit4j.hub.StoredZip.Extent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A state dict as {@code torch.save} writes it ({@code pytorch_model.bin}): the zip form of PyTorch 1.6 and later, and the
 * form before it. A pickle in it says what the tensors are; ours builds tensors and nothing else, so that opening any file
 * whatsoever runs none of its code.
 */
final class TorchPickle extends NamedTensors {
    private static final long LARGEST_PICKLE = 32 << 20;
    private static final int ZIP = 0x04034b50;
    private static final String LEGACY_MAGIC = "the int 1950a86a20f9469cfc6c";
    private static final long LEGACY_PROTOCOL = 1001;
    private static final List<String> WRAPPERS = List.of("model_ema", "model", "module", "state_dict");
    private static final String DAMAGED = "; it is damaged or not a state dict, download or save it again";

    private final FileRegion region;
    private final Map<String, Extent> storages = new HashMap<>();

    private TorchPickle(FileRegion region) {
        super(region.file().toString());
        this.region = region;
    }

    /** Opens a file; InputException if it is damaged, or wants more than tensors. */
    static TorchPickle open(Path path) {
        FileRegion region = FileRegion.open(path);
        try {
            WrongFile.refuse(region, "PyTorch");
            TorchPickle file = new TorchPickle(region);
            file.readTensors(file.isZip() ? file.readZip() : file.readLegacy());
            return file;
        } catch (PickleFault fault) {
            region.close();
            throw InputException.in(
                    path,
                    fault.hostile()
                            ? "its pickle " + shorten(fault.getMessage())
                                    + "; only tensors are read from such a file, and no code in it is run; use the model's"
                                    + " safetensors form, or a file from someone you trust"
                            : "its pickle " + shorten(fault.getMessage()) + DAMAGED);
        } catch (RuntimeException | Error e) {
            region.close();
            throw e;
        }
    }

    private boolean isZip() {
        return region.size() >= 4
                && ByteBuffer.wrap(region.read(0, 4))
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .getInt()
                        == ZIP;
    }

    /** {@code NAME/data.pkl}, {@code NAME/byteorder}, and a storage's bytes in each {@code NAME/data/KEY}. */
    private PickleValue readZip() {
        Map<String, Extent> entries = StoredZip.entries(
                region, "torch.save never does that (a TorchScript program?), save the model's state_dict()");
        List<String> pickles = entries.keySet().stream()
                .filter(name -> name.endsWith("/data.pkl"))
                .toList();
        if (pickles.size() != 1) {
            throw InputException.in(
                    region.file(),
                    "is a zip file with " + pickles.size() + " entries */data.pkl instead of one" + DAMAGED);
        }
        String folder = pickles.get(0).substring(0, pickles.get(0).length() - "data.pkl".length());
        if (entries.containsKey(folder + "constants.pkl")) {
            throw InputException.in(
                    region.file(), "is a TorchScript program, not a state dict; save the model's state_dict() instead");
        }
        Extent order = entries.get(folder + "byteorder");
        if (order != null && !new String(small(order), StandardCharsets.US_ASCII).equals("little")) {
            throw InputException.in(
                    region.file(),
                    "was not written in little-endian order; convert it to safetensors on the machine that wrote it");
        }
        String data = folder + "data/";
        entries.forEach((name, extent) -> {
            if (name.startsWith(data)) {
                storages.put(name.substring(data.length()), extent);
            }
        });
        return new PickleMachine(small(entries.get(pickles.get(0)))).next();
    }

    /** Five pickles (magic number, protocol, system, state dict, storages' keys), then each storage's length and bytes. */
    private PickleValue readLegacy() {
        byte[] start = region.read(0, (int) Math.min(region.size(), LARGEST_PICKLE));
        if (start.length > 262 && new String(start, 257, 5, StandardCharsets.US_ASCII).equals("ustar")) {
            throw InputException.in(
                    region.file(), "is in PyTorch's format from before 2017 (tar); save it again with a newer PyTorch");
        }
        PickleMachine machine = new PickleMachine(start);
        PickleValue magic = machine.next();
        PickleValue protocol =
                magic instanceof Opaque number && number.kind().equals(LEGACY_MAGIC) ? machine.next() : Constant.NONE;
        if (!(protocol instanceof Whole version) || version.value() != LEGACY_PROTOCOL) {
            throw new PickleFault("does not begin like a PyTorch file");
        }
        if (!(machine.next() instanceof Dict system) || system.entries.get("little_endian") != Constant.TRUE) {
            throw InputException.in(
                    region.file(),
                    "was not written in little-endian order; convert it to safetensors on the machine that wrote it");
        }
        PickleValue state = machine.next();
        if (!(machine.next() instanceof ListValue keys)) {
            throw new PickleFault("has no list of storages");
        }
        long at = machine.position();
        for (PickleValue key : keys.items) {
            Storage storage = key instanceof Text text ? machine.storages().get(text.value()) : null;
            if (storage == null || region.size() - at < Long.BYTES) {
                throw new PickleFault("has a list of storages that does not fit its tensors");
            }
            long width = storage.dtype().bits() / 8;
            long elements = ByteBuffer.wrap(region.read(at, Long.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getLong();
            at += Long.BYTES;
            if (elements < 0 || elements > (region.size() - at) / width) {
                throw new PickleFault("has a storage of " + elements + " elements, more than the file contains");
            }
            storages.put(storage.key(), new Extent(at, elements * width));
            at += elements * width;
        }
        return state;
    }

    private byte[] small(Extent extent) {
        if (extent.size() > LARGEST_PICKLE) {
            throw InputException.in(
                    region.file(), "contains a pickle of " + extent.size() + " bytes, too long for a state dict");
        }
        return region.read(extent.position(), (int) extent.size());
    }

    private void readTensors(PickleValue state) {
        if (!(state instanceof Dict whole)) {
            throw new PickleFault("contains " + state.kind() + ", not a dict of tensors");
        }
        Dict dict = unwrapped(whole);
        dict.entries.forEach((name, value) -> {
            if (value instanceof Tensor tensor) {
                add(name, tensor(name, tensor));
            }
        });
        if (tensors().isEmpty()) {
            String inner = dict.entries.entrySet().stream()
                    .filter(entry -> entry.getValue() instanceof Dict)
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .map(name -> " (the one in \"" + shorten(name) + "\" should be saved on its own)")
                    .orElse("");
            throw InputException.in(
                    region.file(), "contains a dict without tensors; it should be a model's state dict" + inner);
        }
    }

    /** The model's own dict, where a training program saved it beside its other state; an average of weights before the last. */
    private static Dict unwrapped(Dict whole) {
        boolean bare = whole.entries.values().stream().anyMatch(Tensor.class::isInstance);
        return bare
                ? whole
                : WRAPPERS.stream()
                        .map(whole.entries::get)
                        .filter(Dict.class::isInstance)
                        .map(Dict.class::cast)
                        .findFirst()
                        .orElse(whole);
    }

    private StoredTensor tensor(String name, Tensor tensor) {
        Storage storage = tensor.storage();
        Extent extent = storages.get(storage.key());
        if (extent == null) {
            throw new PickleFault("puts tensor " + name + " into storage " + storage.key() + ", which is missing");
        }
        try {
            long width = tensor.dtype().bits() / 8;
            long storageWidth = storage.dtype().bits() / 8;
            if (Math.multiplyExact(storage.total(), storageWidth) != extent.size()) {
                throw new PickleFault("says that storage " + storage.key() + " has " + storage.total()
                        + " elements, but it has " + extent.size() + " bytes");
            }
            long available = storage.elements() * storageWidth;
            long size = tensor.dtype().byteSize(tensor.shape());
            long reach = size == 0 ? 0 : reach(tensor.shape(), tensor.strides());
            long end = Math.multiplyExact(Math.addExact(tensor.offset(), reach), width);
            if (end > available || size > available) {
                throw new PickleFault("has a tensor " + name + " that goes beyond the " + available
                        + " bytes of storage " + storage.key());
            }
            long position = extent.position() + storage.first() * storageWidth + tensor.offset() * width;
            if (isContiguous(tensor) || size == 0) {
                return new RegionTensor(region, name, tensor.dtype(), tensor.shape(), position, size);
            }
            if (reach * width > Integer.MAX_VALUE - 8) {
                throw new PickleFault("has a tensor " + name + " over 2 GiB whose rows are not contiguous");
            }
            RegionTensor span =
                    new RegionTensor(region, name, tensor.dtype(), new long[] {reach}, position, reach * width);
            return new StridedTensor(span, name, tensor.shape(), tensor.strides());
        } catch (ArithmeticException e) {
            throw new PickleFault("has a tensor " + name + " of an impossible size");
        }
    }

    /** Elements from a tensor's first to behind its last. */
    private static long reach(long[] shape, long[] strides) {
        long reach = 1;
        for (int i = 0; i < shape.length; i++) {
            reach = Math.addExact(reach, Math.multiplyExact(shape[i] - 1, strides[i]));
        }
        return reach;
    }

    private static boolean isContiguous(Tensor tensor) {
        long expected = 1;
        for (int i = tensor.shape().length - 1; i >= 0; i--) {
            if (tensor.shape()[i] != 1 && tensor.strides()[i] != expected) {
                return false;
            }
            expected *= tensor.shape()[i];
        }
        return true;
    }

    private static String shorten(String text) {
        return text.length() <= 300 ? text : text.substring(0, 300) + "...";
    }

    @Override
    public void close() {
        region.close();
    }
}
